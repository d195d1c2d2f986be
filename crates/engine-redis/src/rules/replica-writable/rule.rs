//! `redis/replica-writable`: writes that the master never sees.

use dbwright_core::Cx;

use crate::body::{Body, Role, area};
use crate::mend;

/// Reports replica by replica.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in cx.body.nodes.iter().filter(|node| node.role == Role::Replica) {
        // The name that it had before 5.0.
        let names = ["replica-read-only", "slave-read-only"];
        let Some(name) = names.into_iter().find(|name| node.setting(name).is_some()) else { continue };
        if node.setting(name) != Some("no") {
            continue;
        }
        let master = node.replication.master.as_deref().unwrap_or("its master");
        let finding = cx
            .finding(cx.body.subject(node, name), format!("the replica of {master} takes writes"))
            .why(
                "what is written here is on no other server: it is gone with the next full copy, keys that the master changes differ from then on, and after a \
                 failover the difference is the truth",
            )
            .evidence(name, "no", "", "CONFIG GET")
            .evidence("role", "replica", "", "INFO replication")
            .change(mend::settings(node, &[(name, "yes")]));
        cx.report(finding);
    }
}
