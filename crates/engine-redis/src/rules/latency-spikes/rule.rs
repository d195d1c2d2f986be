//! `redis/latency-spikes`: for a moment nobody got an answer.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, LatencyEvent, Node, area};
use crate::words;

const SOURCE: &str = "LATENCY LATEST";

/// Reports node by node and event by event.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::LATENCY);
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let ms = cx.limit("ms");
    for node in &cx.body.nodes {
        if node.setting("latency-monitor-threshold") == Some("0") {
            let reason = format!("the latency monitor of {} is off (latency-monitor-threshold is 0)", node.address);
            cx.not_looked(reason, Some("CONFIG SET latency-monitor-threshold 100"));
        }
        for event in node.latency.iter().filter(|event| event.max_ms as f64 >= ms) {
            let finding = finding(cx, node, event);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, event: &LatencyEvent) -> Finding {
    let worst = words::micros(event.max_ms as f64 * 1_000.0);
    let high = event.max_ms as f64 >= cx.limit("high_ms");
    cx.finding(cx.body.subject(node, &event.name), format!("the server stood still for {worst} ({})", event.name))
        .severity(if high { Severity::High } else { Severity::Medium })
        .why(format!(
            "{}; no statement mends it; LATENCY RESET {} forgets what was, to see what comes",
            cause(&event.name),
            event.name
        ))
        .evidence("max", event.max_ms, "ms", SOURCE)
        .evidence("latest", event.last_ms, "ms", SOURCE)
        .evidence("at", words::moment(event.at), "", SOURCE)
}

/// What makes an event, and where to look next.
fn cause(event: &str) -> &'static str {
    match event {
        "command" | "fast-command" => "a command took that long: SLOWLOG GET tells which one",
        "fork" => {
            "starting a snapshot or a rewrite copies the page tables: smaller servers and no transparent huge pages make it short"
        }
        name if name.starts_with("aof") => {
            "the disk was slow to write the append-only file: a faster disk, appendfsync everysec, no-appendfsync-on-rewrite yes"
        }
        name if name.starts_with("expire") => "many keys expired at once: give them different times to live",
        name if name.starts_with("eviction") => "memory was full and keys had to go: see redis/evictions",
        name if name.starts_with("rdb") => "the disk was slow to take or give up a snapshot",
        _ => "LATENCY DOCTOR says what it may come from",
    }
}
