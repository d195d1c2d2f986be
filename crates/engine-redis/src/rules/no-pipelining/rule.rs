//! `redis/no-pipelining`: the way costs more than the work.

use dbwright_core::Cx;

use crate::body::{Body, Node, area};
use crate::words;

const SOURCE: &str = "INFO stats";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::COMMANDS);
    super::tell_gaps(cx, area::NODES);
    let (calls, per_second, per_read) = (cx.limit("calls"), cx.limit("per_second"), cx.limit("per_read"));
    let mean_us = cx.limit("mean_us");
    for node in &cx.body.nodes {
        let number = |name: &str| node.info.number(name);
        let Some((commands, reads)) = number("total_commands_processed").zip(number("total_reads_processed")) else {
            cx.not_looked("the server does not count reads", Some("Redis 6.2 or later, or Valkey"));
            continue;
        };
        let rate = commands / node.window_s().unwrap_or(0.0).max(1.0);
        let ratio = commands / reads.max(1.0);
        let mean = mean_us_of(node);
        if commands < calls || rate < per_second || ratio > per_read || mean > mean_us {
            continue;
        }
        let finding = cx
            .finding(cx.body.subject(node, "server"), format!("{} commands a second arrive one by one", words::count(rate)))
            .why(
                "each costs a round trip, and the server a read and a write that take longer than the command itself; send \
                 what belongs together as a pipeline, or with MGET, MSET, HMGET; only the application can do that",
            )
            .evidence("commands_per_read", words::ratio(ratio), "calls", SOURCE)
            .evidence("total_commands_processed", commands, "calls", SOURCE)
            .evidence("commands_per_second", rate.round(), "calls/s", SOURCE)
            .evidence("usec_per_call", words::ratio(mean), "µs", "INFO commandstats");
        cx.report(finding);
    }
}

/// Mean time of all commands.
fn mean_us_of(node: &Node) -> f64 {
    let calls: u64 = node.commands.iter().map(|stat| stat.calls).sum();
    let usec: u64 = node.commands.iter().map(|stat| stat.usec).sum();
    if calls == 0 { 0.0 } else { usec as f64 / calls as f64 }
}
