//! `redis/persistence-off`: a restart begins with nothing.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};
use crate::mend;
use crate::words;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let (least, store_share) = (cx.limit("keys"), cx.limit("store_share"));
    for node in cx.body.masters() {
        let off = node.setting("save") == Some("") && node.setting("appendonly") == Some("no");
        let evicts = node.setting("maxmemory-policy").is_some_and(|policy| policy.starts_with("allkeys"));
        let own = cx.body.keyspace.databases.iter().filter(|database| database.node == node.address);
        let (keys, expires) = own.fold((0, 0), |sum, database| (sum.0 + database.keys, sum.1 + database.expires));
        let stay = keys.saturating_sub(expires) as f64;
        if !off || evicts || stay < least || stay < keys as f64 * store_share {
            continue;
        }
        let replicas = node.replication.replicas.len();
        let finding = cx
            .finding(cx.body.subject(node, "appendonly"), format!("{} keys that never expire are in memory only", words::count(stay)))
            .severity(if replicas > 0 { Severity::High } else { Severity::Medium })
            .why(if replicas > 0 {
                "a master that restarts comes back empty, and its replicas copy that; the append-only file keeps each change"
            } else {
                "a restart begins with an empty server; the append-only file keeps each change, at the cost of a second at most"
            })
            .evidence("save", "off", "", "CONFIG GET")
            .evidence("appendonly", "no", "", "CONFIG GET")
            .evidence("keys", keys, "keys", "INFO keyspace")
            .evidence("keys_that_expire", expires, "keys", "INFO keyspace")
            .evidence("replicas", replicas, "replicas", "INFO replication")
            .change(mend::settings(node, &[("appendonly", "yes")]));
        cx.report(finding);
    }
}
