//! `redis/default-user-all`: one password for everything.

use dbwright_core::Cx;

use crate::body::{Body, area};
use crate::rights;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::ACL);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        let Some(user) = node.acl.users.iter().find(|user| user.name == "default") else { continue };
        let others = node.acl.users.iter().filter(|user| user.on && user.name != "default").count();
        if !user.on || user.nopass || others > 0 || !rights::everything(user) {
            continue; // without a password it is redis/no-auth
        }
        let clients: u64 =
            node.clients.groups.iter().filter(|group| group.user == "default").map(|group| group.count).sum();
        let finding = cx
            .finding(cx.body.subject(node, "default"), "applications log in as the user that may do everything")
            .why(
                "one password opens all keys and all commands; ACL SETUSER shop on >PASSWORD ~shop:* &* +@all -@admin \
                 -@dangerous for each application, one user for people, then ACL SETUSER default off; names and passwords are \
                 yours to choose, so there is no change",
            )
            .evidence("commands", user.commands.join(" "), "", "ACL LIST")
            .evidence("keys", user.keys.join(" "), "", "ACL LIST")
            .evidence("other_users", others, "users", "ACL LIST")
            .evidence("clients_as_default", clients, "clients", "CLIENT LIST");
        cx.report(finding);
    }
}
