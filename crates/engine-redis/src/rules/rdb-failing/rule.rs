//! `redis/rdb-failing`: what changed is nowhere else.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};
use crate::words;

const SOURCE: &str = "INFO persistence";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        if node.info.text("rdb_last_bgsave_status").is_none_or(|status| status == "ok") {
            continue;
        }
        let saves = node.setting("save").is_some_and(|save| !save.is_empty());
        let refuses = saves && node.setting("stop-writes-on-bgsave-error") == Some("yes");
        let last = words::moment(node.info.number("rdb_last_save_time").map_or(0, |at| words::whole(at).cast_signed()));
        let title =
            if refuses { "the last snapshot failed, and writes are refused" } else { "the last snapshot failed" };
        let finding = cx
            .finding(cx.body.subject(node, "save"), title)
            .severity(if refuses { Severity::Critical } else { Severity::High })
            .why(
                "what changed since the last good one is lost with the next restart; the server's log names the reason (disk, \
                 rights, memory for the fork): remove it, then BGSAVE; the reason is outside of the server, so there is no \
                 change",
            )
            .evidence("rdb_last_bgsave_status", node.info.text("rdb_last_bgsave_status").unwrap_or("?"), "", SOURCE)
            .evidence("rdb_changes_since_last_save", node.info.count("rdb_changes_since_last_save").unwrap_or(0), "changes", SOURCE)
            .evidence("rdb_last_save_time", last, "", SOURCE)
            .evidence("stop-writes-on-bgsave-error", node.setting("stop-writes-on-bgsave-error").unwrap_or("?"), "", "CONFIG GET");
        cx.report(finding);
    }
}
