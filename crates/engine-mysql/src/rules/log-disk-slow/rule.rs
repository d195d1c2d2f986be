//! `mysql/log-disk-slow`: what each commit waits for, the redo log and the binary log, takes long to write.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::words;

/// Where waits are counted.
const SOURCE: &str = "performance_schema.events_waits_summary_global_by_event_name";

/// The logs that a commit waits for, with the setting that says where they are.
const LOGS: [(&str, &str, &str); 2] = [
    ("wait/io/file/innodb/innodb_log_file", "redo log", "innodb_log_group_home_dir"),
    ("wait/io/file/sql/binlog", "binary log", "log_bin_basename"),
];

/// Reports logs whose mean wait is long.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    for (event, log, place) in LOGS {
        let Some(wait) = body.waits.iter().find(|wait| wait.event == event) else { continue };
        let mean = wait.total_ms / words::as_f64(wait.count).max(1.0);
        if words::as_f64(wait.count) < cx.limit("operations") || mean < cx.limit("ms") {
            continue;
        }
        let severity = if mean >= cx.limit("high_ms") { Severity::High } else { Severity::Medium };
        let finding = cx
            .finding(place, format!("each operation on the {log} takes {mean:.1} ms"))
            .severity(severity)
            .why(
                "commits wait for it, and behind them whoever waits for their locks. No change is given, because the disk is the reason: put the logs on one that confirms writes faster, and keep other work \
                 off it; commits that come together share a write",
            )
            .evidence("event", event, "", SOURCE)
            .evidence("mean", (mean * 100.0).round() / 100.0, "ms", SOURCE)
            .evidence("longest", (wait.max_ms * 10.0).round() / 10.0, "ms", SOURCE)
            .evidence("operations", wait.count, "operations", SOURCE);
        cx.report(finding);
    }
}
