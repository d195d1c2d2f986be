//! `redis/cluster-slot-uncovered`: keys that nobody serves.

use dbwright_core::{Change, Cx};

use crate::body::{Body, Cluster, Member, Role};
use crate::words;

const SOURCE: &str = "CLUSTER NODES";

/// Reports slots without an owner, those that only their owner knows to be without one, and slots whose owner has failed.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let Some(cluster) = &cx.body.cluster else { return };
    unassigned(cx, cluster);
    given_up(cx, cluster);
    failed(cx, cluster);
}

fn unassigned(cx: &mut Cx<'_, Body>, cluster: &Cluster) {
    let ranges = cluster.uncovered();
    if ranges.is_empty() {
        return;
    }
    let slots: u64 = ranges.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
    let shown: Vec<_> = ranges.iter().map(|(first, last)| format!("{first}-{last}")).collect();
    let finding = cx
        .finding("slots", format!("{} slots of the cluster are served by no node", words::count(slots as f64)))
        .why(
            "their keys can be neither read nor written, and by default the whole cluster refuses everything; when a node is \
             gone whose data matters, bring it back before giving its slots to another",
        )
        .evidence("uncovered_slots", slots, "slots", SOURCE)
        .evidence("ranges", shown.join(" "), "", SOURCE)
        .evidence("cluster_state", cluster.state.as_str(), "", "CLUSTER INFO");
    let here = cx.body.nodes.first().filter(|node| node.role == Role::Master && node.version() >= (7, 0, 0));
    let spoken: Vec<_> = ranges.iter().map(|(first, last)| format!("{first} {last}")).collect();
    cx.report(match here {
        None => finding,
        Some(node) => finding.change(
            Change::new(
                [format!("CLUSTER ADDSLOTSRANGE {}", spoken.join(" "))],
                format!("no lock; on {}", node.address),
            )
            .back([format!("CLUSTER DELSLOTSRANGE {}", spoken.join(" "))])
            .outside_transaction(),
        ),
    });
}

/// Slots that others send clients to a node for, and that it does not serve.
fn given_up(cx: &mut Cx<'_, Body>, cluster: &Cluster) {
    for node in &cx.body.nodes {
        let member = cluster.members.iter().find(|member| member.master && member.id == node.id);
        let Some((member, own)) = member.zip(node.slots.as_ref()) else { continue };
        let without = Member { slots: own.clone(), ..Member::default() };
        let lost = Cluster { members: vec![without], ..Cluster::default() }.uncovered();
        let lost: Vec<_> =
            lost.iter().flat_map(|range| member.slots.iter().filter_map(|own| common(*range, *own))).collect();
        if lost.is_empty() {
            continue;
        }
        let gone: u64 = lost.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
        let shown: Vec<_> = lost.iter().map(|(first, last)| format!("{first}-{last}")).collect();
        let spoken: Vec<_> = lost.iter().map(|(first, last)| format!("{first} {last}")).collect();
        let finding = cx
            .finding(
                format!("slots on {}", node.address),
                format!("{} does not serve {} slots that the others take for its own", node.address, words::count(gone as f64)),
            )
            .why(format!(
                "clients are sent there and refused: their keys can be neither read nor written. It was told to give them up, or has \
                 lost its cluster-config-file; no change is given, because it has to be run there: CLUSTER ADDSLOTSRANGE {} on {}, or \
                 redis-cli --cluster fix",
                spoken.join(" "),
                node.address
            ))
            .evidence("uncovered_slots", gone, "slots", "CLUSTER NODES, of the node itself")
            .evidence("ranges", shown.join(" "), "", "CLUSTER NODES, of the node itself")
            .evidence("slots by the others", member.slot_count(), "slots", SOURCE);
        cx.report(finding);
    }
}

/// What two ranges have in common.
fn common((a, b): (u16, u16), (c, d): (u16, u16)) -> Option<(u16, u16)> {
    (a.max(c) <= b.min(d)).then(|| (a.max(c), b.min(d)))
}

fn failed(cx: &mut Cx<'_, Body>, cluster: &Cluster) {
    for member in cluster.members.iter().filter(|member| member.master && member.slot_count() > 0) {
        if !member.flags.iter().any(|flag| flag == "fail") {
            continue;
        }
        let replicas: Vec<_> = cluster
            .members
            .iter()
            .filter(|other| other.follows == member.id && !other.failing())
            .map(|other| other.address.as_str())
            .collect();
        let way = if replicas.is_empty() {
            "it has no replica that could take over: start it".to_owned()
        } else {
            format!("start it, or run CLUSTER FAILOVER TAKEOVER on {}", words::list(&replicas))
        };
        let finding = cx
            .finding(format!("node {}", member.address), format!("the master {} has failed, and nobody serves its slots", member.address))
            .why(format!("keys of its slots can be neither read nor written; {way}; no statement here mends it, so there is no change"))
            .evidence("slots", member.slot_count(), "slots", SOURCE)
            .evidence("flags", member.flags.join(","), "", SOURCE)
            .evidence("replicas", replicas.len(), "replicas", SOURCE);
        cx.report(finding);
    }
}

#[cfg(test)]
mod tests {
    use crate::body::{Body, Cluster, Member};
    use crate::sample;

    #[test]
    fn a_failed_master_is_told_with_who_could_take_over() {
        let member = |id: &str, address: &str, master: bool| Member {
            id: id.to_owned(),
            address: address.to_owned(),
            master,
            ..Member::default()
        };
        let failed =
            Member { slots: vec![(0, 8_191)], flags: vec!["fail".to_owned()], ..member("a", "10.0.0.1:6379", true) };
        let well = Member { slots: vec![(8_192, 16_383)], ..member("b", "10.0.0.2:6379", true) };
        let replica = Member { follows: "a".to_owned(), ..member("c", "10.0.0.3:6379", false) };
        let cluster = Cluster { state: "fail".to_owned(), members: vec![failed, well, replica], ..Cluster::default() };
        let body = Body { cluster: Some(cluster), ..sample::body(sample::node(&[])) };
        let found = sample::run("redis/cluster-slot-uncovered", &body);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "node 10.0.0.1:6379");
        assert!(found[0].why.contains("CLUSTER FAILOVER TAKEOVER on 10.0.0.3:6379"), "{}", found[0].why);
    }
}
