//! `redis/replica-buffer-small`: a short break, and everything is copied anew.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Node, area};
use crate::mend;
use crate::words;

const MB: f64 = 1_048_576.0;

/// Reports master by master.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let (seconds, minutes) = (cx.limit("seconds"), cx.limit("minutes"));
    for node in cx.body.nodes.iter().filter(|node| !node.replication.replicas.is_empty()) {
        let window = node.window_s().unwrap_or(0.0);
        if window < minutes * 60.0 {
            let reason = format!(
                "{} has run for {}, which says nothing of its usual rate of writes",
                node.address,
                words::seconds(window)
            );
            cx.not_looked(reason, Some("check again later"));
            continue;
        }
        let backlog = node.setting_number("repl-backlog-size").unwrap_or(0.0);
        let rate = node.replication.offset as f64 / window.max(1.0);
        if rate > 0.0 && backlog > 0.0 && backlog / rate < seconds {
            let finding = finding(cx, node, backlog, rate, window);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, backlog: f64, rate: f64, window: f64) -> Finding {
    let wanted = (rate * cx.limit("seconds") * 2.0 / MB).ceil();
    let full = node.info.number("sync_full").unwrap_or(0.0);
    let again = full - node.replication.replicas.len() as f64;
    cx.finding(
        cx.body.subject(node, "repl-backlog-size"),
        format!("a replica that is away for {} has to copy everything", words::seconds((backlog / rate).ceil())),
    )
    .severity(if again >= cx.limit("full_syncs") { Severity::Medium } else { Severity::Low })
    .why("that is how long the backlog lasts at the usual rate of writes; a copy of everything loads the master and the network")
    .evidence("repl-backlog-size", backlog, "bytes", "CONFIG GET")
    .evidence("writes", rate.round(), "bytes/s", "INFO replication, master_repl_offset by uptime")
    .evidence("window", window, "s", "INFO server, uptime_in_seconds")
    .evidence("sync_full", full, "copies", "INFO stats")
    .evidence("sync_partial_err", node.info.number("sync_partial_err").unwrap_or(0.0), "refusals", "INFO stats")
    .change(mend::settings(node, &[("repl-backlog-size", &format!("{wanted:.0}mb"))]))
}
