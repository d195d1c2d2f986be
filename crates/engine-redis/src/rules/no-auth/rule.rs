//! `redis/no-auth`: no password.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, Node, area};

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::ACL);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        named(cx, node);
        let Some(user) = node.acl.users.iter().find(|user| user.name == "default") else { continue };
        if !user.on || !user.nopass {
            continue;
        }
        let bind = node.setting("bind").unwrap_or("?");
        let protected = node.setting("protected-mode").unwrap_or("?");
        let finding = cx
            .finding(cx.body.subject(node, "default"), "anyone who reaches the server may do anything: there is no password")
            .severity(severity(node))
            .why(
                "choose a long random one and give it to the clients, then ACL SETUSER default resetpass >PASSWORD and ACL SAVE \
                 or CONFIG REWRITE; or a user for each application, and ACL SETUSER default off; the password is yours to \
                 choose, so there is no change",
            )
            .evidence("user default", "on nopass", "", "ACL LIST")
            .evidence("bind", if bind.is_empty() { "all addresses" } else { bind }, "", "CONFIG GET")
            .evidence("protected-mode", protected, "", "CONFIG GET");
        cx.report(finding);
    }
}

/// Users beside `default`: one must know their names, which are no secret.
fn named(cx: &mut Cx<'_, Body>, node: &Node) {
    for user in node.acl.users.iter().filter(|user| user.name != "default" && user.on && user.nopass) {
        let finding = cx
            .finding(cx.body.subject(node, &user.name), format!("the user {} gets in with any password", user.name))
            .severity(severity(node))
            .why(format!(
                "its name is all that one has to know, and names are no secret; give it one: ACL SETUSER {} resetpass >PASSWORD, then ACL \
                 SAVE or CONFIG REWRITE; the password is yours to choose, so there is no change",
                crate::mend::word(&user.name)
            ))
            .evidence(&format!("user {}", user.name), "on nopass", "", "ACL LIST")
            .evidence("commands", user.commands.join(" "), "", "ACL LIST");
        cx.report(finding);
    }
}

fn severity(node: &Node) -> Severity {
    match (node.setting("bind"), node.setting("protected-mode")) {
        (Some(bind), _) if !bind.is_empty() && bind.split_whitespace().all(super::is_loopback) => Severity::Medium,
        (Some(_), Some("no")) => Severity::Critical,
        _ => Severity::High,
    }
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use crate::body::Node;
    use crate::sample;

    fn severity(bind: &str, protected: &str) -> Option<Severity> {
        let node =
            Node { acl: sample::default_user(true), ..sample::node(&[("bind", bind), ("protected-mode", protected)]) };
        sample::run("redis/no-auth", &sample::body(node)).first().map(|finding| finding.severity)
    }

    #[test]
    fn the_severity_follows_who_reaches_the_server() {
        assert_eq!(severity("127.0.0.1 -::1", "no"), Some(Severity::Medium));
        assert_eq!(severity("* -::*", "yes"), Some(Severity::High));
        assert_eq!(severity("10.0.0.1", "no"), Some(Severity::Critical));
        assert_eq!(severity("", "no"), Some(Severity::Critical));
    }

    #[test]
    fn a_password_is_enough() {
        let node = Node { acl: sample::default_user(false), ..sample::node(&[("bind", ""), ("protected-mode", "no")]) };
        assert!(sample::run("redis/no-auth", &sample::body(node)).is_empty());
    }
}
