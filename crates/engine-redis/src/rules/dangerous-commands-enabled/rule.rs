//! `redis/dangerous-commands-enabled`: one command, and everything is gone.

use dbwright_core::{Change, Cx, Finding, Severity};

use crate::body::{Body, Node, User, area};
use crate::mend;
use crate::rights;
use crate::words;

/// Reports node by node and user by user.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::ACL);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        for user in node.acl.users.iter().filter(|user| user.on) {
            let clients: u64 =
                node.clients.groups.iter().filter(|group| group.user == user.name).map(|group| group.count).sum();
            let may = rights::dangerous(user);
            if (user.name == "default" || clients > 0) && !may.is_empty() {
                let finding = finding(cx, node, user, clients, &may);
                cx.report(finding);
            }
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, user: &User, clients: u64, may: &[&str]) -> Finding {
    let name = mend::word(&user.name);
    let set = |sign: char| {
        let rules: Vec<_> = may.iter().map(|command| format!("{sign}{command}")).collect();
        let mut statements = vec![format!("ACL SETUSER {name} {}", rules.join(" "))];
        let has = |key: &str| node.setting(key).is_some_and(|file| !file.is_empty());
        if has("aclfile") {
            statements.push("ACL SAVE".to_owned());
        } else if node.info.text("config_file").is_some_and(|file| !file.is_empty()) {
            statements.push("CONFIG REWRITE".to_owned());
        }
        statements
    };
    let commands: Vec<_> = may.iter().map(|command| command.to_uppercase()).collect();
    // Who may do everything on every key is meant to; who has some keys only is an application.
    let divided = user.name != "default" && !user.keys.iter().any(|pattern| pattern == "~*");
    cx.finding(cx.body.subject(node, &user.name), format!("the user {} may run {}", user.name, words::list(&commands)))
        .severity(if divided { Severity::Medium } else { Severity::Low })
        .why("a mistake or an injected command deletes all data or stops the server; no application needs these commands")
        .evidence("commands", user.commands.join(" "), "", "ACL LIST")
        .evidence("clients", clients, "clients", "CLIENT LIST")
        .change(Change::new(set('-'), "no lock: it takes effect at once").back(set('+')).outside_transaction())
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use crate::body::{Acl, ClientGroup, User};
    use crate::sample;

    #[test]
    fn an_application_is_told_from_people_by_its_keys() {
        let user = |name: &str, keys: &str| User {
            name: name.to_owned(),
            on: true,
            passwords: 1,
            keys: vec![keys.to_owned()],
            commands: vec!["+@all".to_owned()],
            ..User::default()
        };
        let mut node = sample::node(&[]);
        node.acl =
            Acl { users: vec![user("shop", "~shop:*"), user("ops", "~*"), user("idle", "~x:*")], ..Acl::default() };
        for name in ["shop", "ops"] {
            node.clients.groups.push(ClientGroup { user: name.to_owned(), count: 1, ..ClientGroup::default() });
        }
        let found = sample::run("redis/dangerous-commands-enabled", &sample::body(node));
        let found: Vec<_> = found.iter().map(|finding| (finding.subject.as_str(), finding.severity)).collect();
        assert_eq!(found, [("shop", Severity::Medium), ("ops", Severity::Low)]);
    }
}
