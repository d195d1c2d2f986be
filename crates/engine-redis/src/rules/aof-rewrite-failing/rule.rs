//! `redis/aof-rewrite-failing`: the file grows, or stands still.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};

const SOURCE: &str = "INFO persistence";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::NODES);
    for node in cx.body.nodes.iter().filter(|node| node.info.is_set("aof_enabled")) {
        let failed = |name: &str| node.info.text(name).is_some_and(|status| status != "ok");
        let (write, rewrite) = (failed("aof_last_write_status"), failed("aof_last_bgrewrite_status"));
        if !write && !rewrite {
            continue;
        }
        let (severity, title, why) = if write {
            (
                Severity::Critical,
                "the append-only file can't be written, and writes are refused",
                "clients get MISCONF until the disk takes it again",
            )
        } else {
            (
                Severity::High,
                "the append-only file could not be written anew",
                "it grows with every change until the disk is full",
            )
        };
        let mut finding = cx
            .finding(cx.body.subject(node, "appendonly"), title)
            .severity(severity)
            .why(format!(
                "{why}; the server's log names the reason (disk, rights, memory for the fork): remove it, then BGREWRITEAOF; \
                 the reason is outside of the server, so there is no change"
            ));
        let fields = [
            ("aof_last_write_status", ""),
            ("aof_last_bgrewrite_status", ""),
            ("aof_rewrites_consecutive_failures", "rewrites"),
            ("aof_current_size", "bytes"),
            ("aof_base_size", "bytes"),
        ];
        for (name, unit) in fields {
            if let Some(text) = node.info.text(name) {
                finding = match text.parse::<u64>() {
                    Ok(number) => finding.evidence(name, number, unit, SOURCE),
                    Err(_) => finding.evidence(name, text, unit, SOURCE),
                };
            }
        }
        cx.report(finding);
    }
}
