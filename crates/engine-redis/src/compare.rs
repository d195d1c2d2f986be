//! What changed between two snapshots: nodes, slots and users, settings, growth by pattern, commands.

use std::collections::{BTreeMap, BTreeSet};

use dbwright_check::Compare;
use dbwright_check::port::Difference;
use dbwright_core::{Failure, Snapshot};

use crate::Redis;
use crate::body::{Body, Node, Pattern, User};

/// Share by which a pattern must have grown or shrunk to be told.
const GROWTH: f64 = 0.1;
/// Keys below which a pattern's growth is not told.
const FEW: f64 = 100.0;
/// How many times slower a command must have become, on average.
const SLOWER: f64 = 1.5;

impl Compare for Redis {
    fn compare(&self, before: &Snapshot, after: &Snapshot) -> Result<Vec<Difference>, Failure> {
        let (before, after): (&Body, &Body) = (before.body()?, after.body()?);
        let mut all = shape(before, after);
        all.extend(settings(before, after));
        all.extend(growth(before, after));
        all.extend(commands(before, after));
        Ok(all)
    }
}

/// Differences of texts by name.
fn texts(area: &'static str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<Difference> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let one = |name: &String| {
        let (old, new) = (before.get(name), after.get(name));
        (old != new).then(|| Difference {
            area,
            kind: kind(old.is_some(), new.is_some()),
            subject: name.clone(),
            before: old.cloned(),
            after: new.cloned(),
        })
    };
    names.into_iter().filter_map(one).collect()
}

const fn kind(before: bool, after: bool) -> &'static str {
    match (before, after) {
        (false, _) => "added",
        (_, false) => "removed",
        _ => "changed",
    }
}

/// Nodes with their roles, slots and users: what stands in for a schema.
fn shape(before: &Body, after: &Body) -> Vec<Difference> {
    texts("schema", &parts(before), &parts(after))
}

fn parts(body: &Body) -> BTreeMap<String, String> {
    let node = |node: &Node| (format!("node {}", node.address), format!("{:?}", node.role).to_lowercase());
    let user = |user: &User| {
        let words = [&user.keys, &user.channels, &user.commands, &user.selectors];
        let rules: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        let on = if user.on { "on" } else { "off" };
        let pass = if user.nopass { " nopass".to_owned() } else { format!(" {} passwords", user.passwords) };
        (format!("user {}", user.name), format!("{on}{pass} {}", rules.join(" ")))
    };
    let mut parts: BTreeMap<String, String> = body.nodes.iter().map(node).collect();
    parts.extend(body.nodes.first().iter().flat_map(|node| &node.acl.users).map(user));
    for member in body.cluster.iter().flat_map(|cluster| &cluster.members) {
        let slots: Vec<String> = member.slots.iter().map(|(first, last)| format!("{first}-{last}")).collect();
        let role = if member.master { "master".to_owned() } else { format!("replica of {}", member.follows) };
        parts.insert(
            format!("cluster node {}", member.address),
            format!("{role} {}", slots.join(" ")).trim_end().to_owned(),
        );
    }
    parts
}

/// Settings by node; of a node that is only in one snapshot none.
fn settings(before: &Body, after: &Body) -> Vec<Difference> {
    let pairs = before.nodes.iter().filter_map(|old| {
        let same = |new: &&Node| new.address == old.address || before.alone() && after.alone();
        Some((old, after.nodes.iter().find(same)?))
    });
    let known = |(old, new): &(&Node, &Node)| !old.config.is_empty() && !new.config.is_empty();
    let differ = |(old, new): (&Node, &Node)| {
        let mut found = texts("setting", &old.config, &new.config);
        for difference in &mut found {
            difference.subject = after.subject(new, &difference.subject);
        }
        found
    };
    pairs.filter(known).flat_map(differ).collect()
}

fn growth(before: &Body, after: &Body) -> Vec<Difference> {
    let by_name = |body: &Body| -> BTreeMap<String, Pattern> {
        let name =
            |p: &Pattern| if p.database == 0 { p.name.clone() } else { format!("{} (db {})", p.name, p.database) };
        body.keyspace.patterns.iter().map(|p| (name(p), p.clone())).collect()
    };
    let (old, new) = (by_name(before), by_name(after));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names.into_iter().filter_map(|name| grown(name, old.get(name), new.get(name))).collect()
}

/// A pattern that is new, gone, or differs by more than a tenth and by more than both estimates may err.
fn grown(name: &str, old: Option<&Pattern>, new: Option<&Pattern>) -> Option<Difference> {
    let keys = |pattern: Option<&Pattern>| pattern.map(|p| p.keys).unwrap_or_default();
    let (before, after) = (keys(old), keys(new));
    let change = (after.value - before.value).abs();
    if change <= before.error + after.error || change < before.value * GROWTH || before.value.max(after.value) < FEW {
        return None;
    }
    let text = |pattern: &Pattern| format!("{:.0} keys, {:.0} bytes", pattern.keys.value, pattern.bytes.value);
    Some(Difference {
        area: "growth",
        kind: kind(old.is_some(), new.is_some()),
        subject: name.to_owned(),
        before: old.map(text),
        after: new.map(text),
    })
}

/// Commands that are new, or much slower on average.
fn commands(before: &Body, after: &Body) -> Vec<Difference> {
    let means = |body: &Body| {
        let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for stat in body.masters().flat_map(|node| &node.commands).filter(|stat| stat.calls > 0) {
            let sum = sums.entry(stat.name.clone()).or_default();
            *sum = (sum.0 + stat.calls, sum.1 + stat.usec);
        }
        sums
    };
    let (old, new) = (means(before), means(after));
    let mean = |(calls, usec): &(u64, u64)| *usec as f64 / *calls as f64;
    let text = |sum: &(u64, u64)| format!("{} calls, {:.0} µs each", sum.0, mean(sum));
    let one = |(name, sum): (&String, &(u64, u64))| {
        let earlier = old.get(name);
        let slower = earlier.is_some_and(|earlier| mean(sum) > mean(earlier) * SLOWER && mean(sum) > 100.0);
        (earlier.is_none() || slower).then(|| Difference {
            area: "statement",
            kind: kind(earlier.is_some(), true),
            subject: name.to_uppercase().replace('|', " "),
            before: earlier.map(text),
            after: Some(text(sum)),
        })
    };
    new.iter().filter_map(one).collect()
}
