//! `redis/nodes-differ`: what holds depends on the key.

use std::collections::BTreeMap;

use dbwright_core::{Cx, Finding};

use crate::body::{Body, Node, Role, area};

/// What should be equal on all nodes.
const EVERYWHERE: [&str; 12] = [
    "maxmemory",
    "maxmemory-policy",
    "requirepass",
    "masterauth",
    "timeout",
    "cluster-node-timeout",
    "cluster-require-full-coverage",
    "cluster-allow-reads-when-down",
    "client-output-buffer-limit",
    "hash-max-listpack-entries",
    "lazyfree-lazy-expire",
    "notify-keyspace-events",
];
/// What should be equal on all nodes of one role.
const BY_ROLE: [&str; 3] = ["appendonly", "appendfsync", "save"];

/// Reports setting by setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    if cx.body.cluster.is_none() {
        return;
    }
    let all: Vec<&Node> = cx.body.nodes.iter().collect();
    let of = |role: Role| all.iter().copied().filter(|node| node.role == role).collect::<Vec<_>>();
    let mut found: Vec<Finding> =
        EVERYWHERE.iter().filter_map(|name| differ(cx, name, &all, &|node| node.setting(name))).collect();
    for name in BY_ROLE {
        let masters = differ(cx, name, &of(Role::Master), &|node| node.setting(name));
        found.extend(masters.or_else(|| differ(cx, name, &of(Role::Replica), &|node| node.setting(name))));
    }
    found.extend(differ(cx, "version", &all, &|node| {
        node.info.text("valkey_version").or_else(|| node.info.text("redis_version"))
    }));
    for finding in found {
        cx.report(finding);
    }
}

/// A finding when nodes do not agree.
fn differ<'a>(
    cx: &Cx<'_, Body>,
    name: &str,
    nodes: &[&'a Node],
    value: &dyn Fn(&'a Node) -> Option<&'a str>,
) -> Option<Finding> {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in nodes {
        values.entry(value(node)?).or_default().push(node.address.as_str());
    }
    if values.len() < 2 {
        return None;
    }
    let mut groups: Vec<_> = values.into_iter().collect();
    groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
    let source = if name == "version" { "INFO server" } else { "CONFIG GET" };
    let finding = cx.finding(name, format!("nodes of the cluster do not agree on {name}")).why(
        "what holds depends on the key, and changes with a failover; which value is meant is not known, so there is no change: CONFIG SET it \
         on the nodes that differ",
    );
    Some(groups.into_iter().fold(finding, |finding, (value, nodes)| {
        let value = if value.is_empty() { "nothing" } else { value };
        finding.evidence(&format!("on {}", nodes.join(", ")), value, "", source)
    }))
}
