//! `redis/snapshot-failures-ignored`: nobody hears of a snapshot that was not made.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};
use crate::mend;

const NAME: &str = "stop-writes-on-bgsave-error";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in cx.body.nodes.iter().filter(|node| node.setting(NAME) == Some("no")) {
        let Some(save) = node.setting("save").filter(|save| !save.is_empty()) else { continue };
        let file = node.setting("appendonly") == Some("yes");
        let finding = cx
            .finding(cx.body.subject(node, NAME), "a snapshot that fails is noticed by nobody")
            .severity(if file { Severity::Low } else { Severity::Medium })
            .why("writes go on, and what they change is gone with the next restart; the default refuses them until a snapshot succeeds")
            .evidence(NAME, "no", "", "CONFIG GET")
            .evidence("save", save, "", "CONFIG GET")
            .evidence("appendonly", if file { "yes" } else { "no" }, "", "CONFIG GET")
            .evidence("rdb_last_bgsave_status", node.info.text("rdb_last_bgsave_status").unwrap_or("?"), "", "INFO persistence")
            .change(mend::settings(node, &[(NAME, "yes")]));
        cx.report(finding);
    }
}
