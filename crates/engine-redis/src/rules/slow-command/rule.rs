//! `redis/slow-command`: what takes a thousand times as long as others.

use dbwright_core::{Cx, Finding};

use crate::body::{Body, CommandStat, Node, area};
use crate::words;

/// Commands that are not part of the work: administration, replication, and what waits by its nature.
const OTHER: [&str; 37] = [
    "acl",
    "auth",
    "bgrewriteaof",
    "bgsave",
    "client",
    "cluster",
    "command",
    "config",
    "debug",
    "eval",
    "eval_ro",
    "evalsha",
    "evalsha_ro",
    "failover",
    "fcall",
    "fcall_ro",
    "flushall",
    "flushdb",
    "function",
    "info",
    "latency",
    "memory",
    "migrate",
    "module",
    "monitor",
    "psync",
    "replconf",
    "replicaof",
    "role",
    "save",
    // It takes as long as its COUNT asks for, and it is how dbwright and its changes look at keys.
    "scan",
    "script",
    "shutdown",
    "slaveof",
    "slowlog",
    "sync",
    "wait",
];

/// Reports node by node and command by command.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::COMMANDS);
    super::tell_gaps(cx, area::NODES);
    let (mean_us, p99_us, calls) = (cx.limit("mean_ms") * 1_000.0, cx.limit("p99_ms") * 1_000.0, cx.limit("calls"));
    for node in &cx.body.nodes {
        for stat in &node.commands {
            let name = stat.name.split('|').next().unwrap_or_default();
            let slow = stat.mean_us() >= mean_us || stat.p99_us.is_some_and(|p99| p99 >= p99_us);
            if slow && stat.calls as f64 >= calls && !OTHER.contains(&name) {
                let finding = finding(cx, node, stat);
                cx.report(finding);
            }
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, stat: &CommandStat) -> Finding {
    let name = stat.name.to_uppercase().replace('|', " ");
    let mean = stat.mean_us();
    let all: u64 = node.commands.iter().map(|stat| stat.usec).sum();
    let finding = cx
        .finding(cx.body.subject(node, &name), format!("{name} takes {} on average", words::micros(mean)))
        .why(
            "everybody waits while it runs; see in SLOWLOG GET what it works on, and make that smaller, or keep its result up \
             to date with each write; only the application can do that",
        )
        .evidence("mean", mean.round(), "µs", "INFO commandstats")
        .evidence("calls", stat.calls, "calls", "INFO commandstats")
        .evidence("share_of_time", words::ratio(stat.usec as f64 / (all as f64).max(1.0)), "ratio", "INFO commandstats");
    let finding = match stat.p99_us {
        Some(p99) => finding.evidence("p99", p99.round(), "µs", "INFO latencystats"),
        None => finding,
    };
    match node.window_s() {
        Some(window) => finding.evidence("window", window, "s", "INFO server, uptime_in_seconds"),
        None => finding,
    }
}
