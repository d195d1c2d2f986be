//! `redis/aof-never-rewritten`: the file grows until the disk is full.

use dbwright_core::Cx;

use crate::body::{Body, area};
use crate::mend;

const NAME: &str = "auto-aof-rewrite-percentage";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in cx.body.nodes.iter().filter(|node| node.setting("appendonly") == Some("yes")) {
        if node.setting(NAME) != Some("0") {
            continue;
        }
        let size = |name: &str| node.info.count(name).unwrap_or(0);
        let finding = cx
            .finding(
                cx.body.subject(node, NAME),
                "the append-only file grows with every change, and nothing makes it smaller",
            )
            .why("one day the disk is full and writes are refused; until then a restart takes longer from day to day")
            .evidence(NAME, 0, "%", "CONFIG GET")
            .evidence("aof_current_size", size("aof_current_size"), "bytes", "INFO persistence")
            .evidence("aof_base_size", size("aof_base_size"), "bytes", "INFO persistence")
            .change(mend::settings(node, &[(NAME, "100")]));
        cx.report(finding);
    }
}
