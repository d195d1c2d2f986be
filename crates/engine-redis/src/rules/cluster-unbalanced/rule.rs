//! `redis/cluster-unbalanced`: the largest node sets the limit.

use dbwright_core::{Cx, Finding};

use crate::body::{Body, Cluster, Node};
use crate::words;

/// What is compared: name, unit, source, and the figure of each master.
struct Figures {
    name: &'static str,
    unit: &'static str,
    source: &'static str,
    of: Vec<(String, f64)>,
}

impl Figures {
    fn mean(&self) -> f64 {
        self.of.iter().map(|(_, value)| value).sum::<f64>() / (self.of.len() as f64).max(1.0)
    }

    fn largest(&self) -> Option<&(String, f64)> {
        self.of.iter().max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// Reports once: the figure that is furthest from even.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (times, least) = (cx.limit("times"), cx.limit("keys"));
    let Some(cluster) = &cx.body.cluster else { return };
    let (slots, keys, memory) = (slots(cluster), keys(cx.body), memory(cx.body));
    let (full, heavy) = (keys.mean() >= least, memory.mean() >= cx.limit("bytes"));
    let compared = [Some(slots), full.then_some(keys), heavy.then_some(memory)];
    let worst =
        compared.into_iter().flatten().filter(|figures| figures.of.len() > 1 && figures.mean() > 0.0).max_by(|a, b| {
            let far = |figures: &Figures| figures.largest().map_or(0.0, |(_, most)| most / figures.mean());
            far(a).total_cmp(&far(b))
        });
    let Some(figures) = worst else { return };
    let Some((address, most)) = figures.largest() else { return };
    if *most >= figures.mean() * times {
        let finding = finding(cx, &figures, address, *most);
        cx.report(finding);
    }
}

fn finding(cx: &Cx<'_, Body>, figures: &Figures, address: &str, most: f64) -> Finding {
    let shown = |value: f64| if figures.unit == "bytes" { words::bytes(value) } else { words::count(value) };
    let mut finding = cx
        .finding(
            "server",
            format!("{address} has {} of {}, where {} would be its share", shown(most), figures.name, shown(figures.mean())),
        )
        .why(
            "it is full or busy first, while others have room; redis-cli --cluster rebalance HOST:PORT \
             --cluster-use-empty-masters moves slots; with even slots, one hash tag or large key holds too much; moving goes \
             over many statements on two nodes, so there is no change",
        );
    let mut sorted: Vec<_> = figures.of.iter().collect();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (address, value) in sorted {
        finding = finding.evidence(address, *value, figures.unit, figures.source);
    }
    finding
}

fn slots(cluster: &Cluster) -> Figures {
    let masters = cluster.members.iter().filter(|member| member.master && !member.failing());
    let of = masters.map(|member| (member.address.clone(), member.slot_count() as f64)).collect();
    Figures { name: "the slots", unit: "slots", source: "CLUSTER NODES", of }
}

fn keys(body: &Body) -> Figures {
    let count = |address: &str| -> u64 {
        body.keyspace.databases.iter().filter(|one| one.node == address).map(|one| one.keys).sum()
    };
    let of = body.masters().map(|node| (node.address.clone(), count(&node.address) as f64)).collect();
    Figures { name: "the keys", unit: "keys", source: "INFO keyspace", of }
}

fn memory(body: &Body) -> Figures {
    // Not used_memory_dataset: Valkey 8.1 lets it run below zero, and shows 16 EB then.
    let data = |node: &Node| {
        let number = |name: &str| node.info.number(name).unwrap_or(0.0);
        (number("used_memory") - number("used_memory_overhead")).max(0.0)
    };
    let of = body.masters().map(|node| (node.address.clone(), data(node))).collect();
    Figures { name: "the memory for data", unit: "bytes", source: "INFO memory", of }
}
