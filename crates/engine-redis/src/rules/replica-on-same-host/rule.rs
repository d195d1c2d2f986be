//! `redis/replica-on-same-host`: what takes the master takes its replica as well.

use dbwright_core::Cx;

use crate::body::{Body, Node};
use crate::words;

/// Reports masters whose replicas are all on their own machine.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for node in &cx.body.nodes {
        let replicas: Vec<&str> = node.replication.replicas.iter().map(|replica| replica.address.as_str()).collect();
        if replicas.is_empty() || !replicas.iter().all(|replica| beside(node, replica)) {
            continue;
        }
        let finding = cx
            .finding(
                cx.body.subject(node, "replication"),
                format!("the master and {} run on one machine", words::list(&replicas)),
            )
            .why(
                "when that machine goes, the data is gone on both: such a replica serves reads and upgrades, and saves nothing; it takes \
                 another machine, so there is no change",
            )
            .evidence("master", node.address.as_str(), "", "the URL")
            .evidence("replicas", words::list(&replicas), "", "INFO replication");
        cx.report(finding);
    }
}

/// Whether a replica came from the master's own machine.
fn beside(node: &Node, replica: &str) -> bool {
    let host = host(replica);
    super::is_loopback(host) || host == self::host(&node.address)
}

fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}
