//! `redis/evictions`: something has to go for each write.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Node, area};
use crate::mend;
use crate::words;

const MB: f64 = 1_048_576.0;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let (used_share, evicted_share) = (cx.limit("used_share"), cx.limit("evicted_share"));
    for node in &cx.body.nodes {
        let number = |name: &str| node.info.number(name).unwrap_or(0.0);
        let (evicted, used) = (number("evicted_keys"), number("used_memory"));
        let Some(limit) = node.setting_number("maxmemory").filter(|limit| *limit > 0.0) else { continue };
        let keys: u64 =
            cx.body.keyspace.databases.iter().filter(|one| one.node == node.address).map(|one| one.keys).sum();
        if evicted > 0.0 && evicted >= keys as f64 * evicted_share && used >= limit * used_share {
            let finding = finding(cx, node, evicted, used, limit);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, evicted: f64, used: f64, limit: f64) -> Finding {
    let number = |name: &str| node.info.number(name).unwrap_or(0.0);
    let policy = node.setting("maxmemory-policy").unwrap_or("?");
    let (hits, misses) = (number("keyspace_hits"), number("keyspace_misses"));
    let rate = if hits + misses > 0.0 { Some(hits / (hits + misses)) } else { None };
    let fine = policy.starts_with("allkeys") && rate.is_some_and(|rate| rate >= cx.limit("hit_rate"));
    let window = node.window_s().unwrap_or(0.0);
    let finding = cx
        .finding(
            cx.body.subject(node, "maxmemory"),
            format!("memory is full: {} keys were evicted within {}", words::count(evicted), words::seconds(window)),
        )
        .severity(if fine { Severity::Low } else { Severity::Medium })
        .evidence("evicted_keys", evicted, "keys", "INFO stats")
        .evidence("used_memory", used, "bytes", "INFO memory")
        .evidence("maxmemory", limit, "bytes", "CONFIG GET")
        .evidence("maxmemory-policy", policy, "", "CONFIG GET")
        .evidence("window", window, "s", "INFO server, uptime_in_seconds");
    let finding = match rate {
        Some(rate) => {
            finding.evidence("hit_rate", words::ratio(rate), "ratio", "INFO stats, keyspace_hits and keyspace_misses")
        }
        None => finding,
    };
    let why = "each write has to find something to delete first, and what goes may be asked for next";
    let wanted = limit * 1.5;
    if wanted > number("total_system_memory") * 0.75 {
        return finding.why(format!(
            "{why}; the machine has no more to give, so keep less: shorter times to live, smaller values"
        ));
    }
    finding
        .why(format!("{why}; give it more, or keep less: shorter times to live, smaller values"))
        .change(mend::settings(node, &[("maxmemory", &format!("{:.0}mb", (wanted / MB).ceil()))]))
}
