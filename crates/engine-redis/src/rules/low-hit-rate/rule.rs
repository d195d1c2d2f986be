//! `redis/low-hit-rate`: a cache that seldom has what it is asked for.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, Node, area};
use crate::words;

const SOURCE: &str = "INFO stats";

/// Reports nodes whose keys are a cache, and that were asked often enough.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::NODES);
    for node in cx.body.masters() {
        let number = |name: &str| node.info.number(name).unwrap_or(0.0);
        let (hits, misses) = (number("keyspace_hits"), number("keyspace_misses"));
        let (asked, policy) = (hits + misses, node.setting("maxmemory-policy").unwrap_or("?"));
        let expiring = expiring(cx, node);
        let evicts = policy.starts_with("allkeys");
        if asked < cx.limit("reads") || !(evicts || expiring >= cx.limit("expiring_share")) {
            continue;
        }
        let rate = hits / asked;
        if rate >= cx.limit("rate") {
            continue;
        }
        let tiny = evicts && rate < cx.limit("tiny_rate");
        let title = format!("{} of {} reads find nothing", percent(1.0 - rate), words::count(asked));
        let finding = cx
            .finding(cx.body.subject(node, "keyspace"), title)
            .severity(if tiny { Severity::Medium } else { Severity::Low })
            .why(
                "each of them asks here first and then the slower store behind, so that the cache costs more than it spares; look which keys \
                 are asked for that nobody writes, whether they live too short, and whether memory is too small for them: that is the \
                 program's matter, so there is no change",
            )
            .evidence("keyspace_hits", hits, "reads", SOURCE)
            .evidence("keyspace_misses", misses, "reads", SOURCE)
            .evidence("hit_rate", words::ratio(rate), "ratio", SOURCE)
            .evidence("maxmemory-policy", policy, "", "CONFIG GET")
            .evidence("expiring", words::ratio(expiring), "ratio", "INFO keyspace")
            .evidence("window", node.window_s().unwrap_or(0.0), "s", "INFO server, uptime_in_seconds");
        cx.report(finding);
    }
}

/// The share of the keys that expire.
fn expiring(cx: &Cx<'_, Body>, node: &Node) -> f64 {
    let of_node = || cx.body.keyspace.databases.iter().filter(|one| one.node == node.address);
    let keys: u64 = of_node().map(|one| one.keys).sum();
    let expires: u64 = of_node().map(|one| one.expires).sum();
    if keys == 0 { 0.0 } else { expires as f64 / keys as f64 }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
