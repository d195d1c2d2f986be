//! `redis/hot-key`: a load that no node can share.

use dbwright_core::Cx;

use crate::body::Body;

/// Reports key by key.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let least = cx.limit("frequency");
    let factor = cx.body.nodes.first().and_then(|node| node.setting_number("lfu-log-factor"));
    for key in cx.body.keyspace.hottest.iter().filter(|key| key.frequency as f64 >= least) {
        let finding = cx
            .finding(&key.key, format!("the {} {} is asked for very often", key.kind, key.key))
            .why(
                "one thread of one node serves it, and nothing in the server can divide that; keep it in the application's \
                 memory (CLIENT TRACKING tells of changes), read it from replicas, or store it under several names",
            )
            .evidence("frequency", key.frequency, "counter", "OBJECT FREQ")
            .evidence("bytes", key.bytes, "bytes", "MEMORY USAGE");
        let finding = match factor {
            Some(factor) => finding.evidence("lfu-log-factor", factor, "", "CONFIG GET"),
            None => finding,
        };
        cx.report(finding);
    }
}
