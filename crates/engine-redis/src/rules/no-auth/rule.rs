//! `redis/no-auth`: no password.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, Node, area};

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::ACL);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
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

fn severity(node: &Node) -> Severity {
    match (node.setting("bind"), node.setting("protected-mode")) {
        (Some(bind), _) if !bind.is_empty() && bind.split_whitespace().all(super::is_loopback) => Severity::Medium,
        (Some(_), Some("no")) => Severity::Critical,
        _ => Severity::High,
    }
}
