//! `redis/bind-all-no-protected-mode`: open to everybody.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};
use crate::mend;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in cx.body.nodes.iter().filter(|node| node.setting("protected-mode") == Some("no")) {
        let Some(bind) = node.setting("bind") else { continue };
        let address = |one: &str| one.trim_start_matches('-').to_owned();
        let everywhere = bind.is_empty()
            || bind.split_whitespace().map(address).any(|one| matches!(one.as_str(), "*" | "0.0.0.0" | "::" | "::*"));
        if !everywhere {
            continue;
        }
        let open = node.acl.users.iter().any(|user| user.name == "default" && user.on && user.nopass);
        let finding = cx
            .finding(cx.body.subject(node, "protected-mode"), "the server listens on all addresses with its protection off")
            .severity(if open { Severity::Critical } else { Severity::Medium })
            .why(if open {
                "there is no password either, so that anyone who reaches it may do anything; with protected-mode it refuses \
                 other machines until there is one"
            } else {
                "the password is all that is between it and everybody; with protected-mode it refuses other machines on the \
                 day on which the password is lost"
            })
            .evidence("bind", if bind.is_empty() { "all addresses" } else { bind }, "", "CONFIG GET")
            .evidence("protected-mode", "no", "", "CONFIG GET")
            .evidence("password", !open, "", "ACL LIST")
            .change(mend::settings(node, &[("protected-mode", "yes")]));
        cx.report(finding);
    }
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use crate::body::Node;
    use crate::sample;

    fn severity(bind: &str, nopass: bool) -> Option<Severity> {
        let node =
            Node { acl: sample::default_user(nopass), ..sample::node(&[("bind", bind), ("protected-mode", "no")]) };
        sample::run("redis/bind-all-no-protected-mode", &sample::body(node)).first().map(|finding| finding.severity)
    }

    #[test]
    fn all_addresses_are_told_from_some() {
        for bind in ["", "*", "* -::*", "0.0.0.0", "127.0.0.1 ::"] {
            assert_eq!(severity(bind, false), Some(Severity::Medium), "{bind}");
        }
        assert_eq!(severity("* -::*", true), Some(Severity::Critical));
        assert_eq!(severity("127.0.0.1 10.0.0.1", true), None);
    }
}
