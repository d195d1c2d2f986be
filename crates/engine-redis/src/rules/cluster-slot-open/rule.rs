//! `redis/cluster-slot-open`: a move of slots that stopped half way.

use dbwright_core::{Change, Cx, Severity};

use crate::body::{Body, Node, OpenSlot};
use crate::words;

const SOURCE: &str = "CLUSTER NODES, of the node itself";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    for (at, node) in body.nodes.iter().enumerate().filter(|(_, node)| !node.open_slots.is_empty()) {
        let answered = |open: &OpenSlot| {
            let other = body.nodes.iter().find(|other| other.id == open.other);
            other.is_none_or(|other| is_answered(open, &node.id, other))
        };
        let alone = node.open_slots.iter().any(|open| !answered(open));
        of_node(cx, node, at == 0, alone);
    }
}

/// Whether the other node of a move knows of it.
fn is_answered(open: &OpenSlot, own: &str, other: &Node) -> bool {
    other.open_slots.iter().any(|back| back.slot == open.slot && back.comes != open.comes && back.other == own)
}

fn of_node(cx: &mut Cx<'_, Body>, node: &Node, here: bool, alone: bool) {
    let members = cx.body.cluster.as_ref().map(|cluster| cluster.members.as_slice()).unwrap_or_default();
    let name = |id: &str| {
        let member = members.iter().find(|member| member.id == id);
        member.map_or_else(|| format!("a node that is gone ({id})"), |member| member.address.clone())
    };
    let shown = |open: &OpenSlot| {
        let way = if open.comes { "from" } else { "to" };
        format!("{} {way} {}", open.slot, name(&open.other))
    };
    let slots: Vec<String> = node.open_slots.iter().map(shown).collect();
    let count = node.open_slots.len();
    let what = if count == 1 { "1 slot is".to_owned() } else { format!("{} slots are", words::count(count as f64)) };
    let (severity, which) = if alone {
        (Severity::Medium, "the node at the other end knows nothing of it: a move that was broken off")
    } else {
        (Severity::Low, "it was so twice in a row: either slots are being moved right now, or a move was broken off")
    };
    let finding = cx
        .finding(format!("slots on {}", node.address), format!("{what} on the way between nodes"))
        .severity(severity)
        .why(format!(
            "{which}; until it is closed, commands with several keys of such a slot are refused (TRYAGAIN), each key that is not there costs a \
             second question (ASK), and the cluster can't be rebalanced. When no resharding runs, redis-cli --cluster fix moves the rest of \
             the keys and closes it; CLUSTER SETSLOT … STABLE on both nodes takes the move back where no key has moved yet",
        ))
        .evidence("open_slots", count, "slots", SOURCE)
        .evidence("slots", slots.iter().take(10).cloned().collect::<Vec<_>>().join(", "), "", SOURCE);
    // Taking it back needs the other end, too, where that knows of the move.
    let back = |open: &OpenSlot| {
        let way = if open.comes { "IMPORTING" } else { "MIGRATING" };
        format!("CLUSTER SETSLOT {} {way} {}", open.slot, open.other)
    };
    let empty = node.open_slots.iter().all(|open| !open.comes);
    cx.report(if here && alone && empty {
        let forward: Vec<String> =
            node.open_slots.iter().map(|open| format!("CLUSTER SETSLOT {} STABLE", open.slot)).collect();
        finding.change(
            Change::new(forward, format!("no lock; on {}", node.address))
                .back(node.open_slots.iter().map(back))
                .outside_transaction(),
        )
    } else {
        finding
    });
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use crate::body::{Body, Cluster, Member, Node, OpenSlot};
    use crate::sample;

    fn node(id: &str, open: &[(u16, bool, &str)]) -> Node {
        let open =
            open.iter().map(|(slot, comes, other)| OpenSlot { slot: *slot, comes: *comes, other: (*other).to_owned() });
        Node { id: id.to_owned(), address: format!("{id}:6379"), open_slots: open.collect(), ..Node::default() }
    }

    fn found(nodes: Vec<Node>) -> Vec<(Severity, bool)> {
        let body = Body {
            cluster: Some(Cluster { members: vec![Member::default()], ..Cluster::default() }),
            nodes,
            ..sample::body(Node::default())
        };
        let found = sample::run("redis/cluster-slot-open", &body);
        found.iter().map(|finding| (finding.severity, finding.change.is_some())).collect()
    }

    #[test]
    fn a_move_that_both_ends_know_of_may_be_under_way() {
        let both = vec![node("a", &[(5, false, "b")]), node("b", &[(5, true, "a")])];
        assert_eq!(found(both), [(Severity::Low, false), (Severity::Low, false)]);
        assert_eq!(found(vec![node("a", &[(5, false, "b")]), node("b", &[])]), [(Severity::Medium, true)]);
        // What has come already would be lost to its clients.
        assert_eq!(found(vec![node("a", &[(5, true, "b")]), node("b", &[])]), [(Severity::Medium, false)]);
        assert_eq!(found(vec![node("a", &[]), node("b", &[])]), []);
    }
}
