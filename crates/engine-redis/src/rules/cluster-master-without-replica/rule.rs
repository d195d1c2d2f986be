//! `redis/cluster-master-without-replica`: nobody takes over.

use dbwright_core::Cx;

use crate::body::{Body, Cluster, Member};
use crate::words;

const SOURCE: &str = "CLUSTER NODES";

/// Reports each master that lacks one; once for a cluster in which none has one.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let Some(cluster) = &cx.body.cluster else { return };
    let serving = || cluster.members.iter().filter(|member| member.master && member.slot_count() > 0);
    let bare: Vec<&Member> = serving().filter(|member| followers(cluster, member).all(Member::failing)).collect();
    let why = "when a master goes, nobody takes over its slots, and by default the whole cluster refuses everything until it is back; it takes a \
               server that follows it (redis-cli --cluster add-node … --cluster-slave), so there is no change";
    let full =
        cx.body.nodes.first().and_then(|node| node.setting("cluster-require-full-coverage")).unwrap_or("?").to_owned();
    if bare.len() > 1 && bare.len() == serving().count() {
        let keys: u64 = cx.body.keyspace.databases.iter().map(|database| database.keys).sum();
        let finding = cx
            .finding("cluster", format!("none of the {} masters has a replica", bare.len()))
            .why(why)
            .evidence("masters", bare.len(), "masters", SOURCE)
            .evidence("keys", keys, "keys", "INFO keyspace")
            .evidence("cluster-require-full-coverage", full, "", "CONFIG GET");
        cx.report(finding);
        return;
    }
    for member in bare {
        let down: Vec<_> = followers(cluster, member).map(|other| other.address.as_str()).collect();
        let title = match down.as_slice() {
            [] => format!("the master {} has no replica", member.address),
            down => format!("the master {} has no replica that is well: {} failed", member.address, words::list(down)),
        };
        let finding = cx
            .finding(format!("node {}", member.address), title)
            .why(why)
            .evidence("slots", member.slot_count(), "slots", SOURCE)
            .evidence("replicas_failed", down.len(), "replicas", SOURCE)
            .evidence("cluster-require-full-coverage", full.as_str(), "", "CONFIG GET");
        cx.report(finding);
    }
}

/// Who follows a master, well or not.
fn followers<'a>(cluster: &'a Cluster, master: &Member) -> impl Iterator<Item = &'a Member> {
    let id = master.id.clone();
    cluster.members.iter().filter(move |other| !other.master && other.follows == id)
}
