//! `redis/slowlog-off`: nobody can say which command it was.

use dbwright_core::Cx;

use crate::body::{Body, area};
use crate::mend;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        let Some((slower, most)) =
            node.setting_number("slowlog-log-slower-than").zip(node.setting_number("slowlog-max-len"))
        else {
            continue;
        };
        let mut wanted = Vec::new();
        if slower < 0.0 {
            wanted.push(("slowlog-log-slower-than", "10000"));
        }
        if most < 1.0 {
            wanted.push(("slowlog-max-len", "128"));
        }
        if wanted.is_empty() {
            continue;
        }
        let finding = cx
            .finding(cx.body.subject(node, "slowlog"), "commands that take long are not written down")
            .why("each lets everybody wait; only the slow log names it with its key")
            .evidence("slowlog-log-slower-than", slower, "µs", "CONFIG GET")
            .evidence("slowlog-max-len", most, "entries", "CONFIG GET")
            .change(mend::settings(node, &wanted));
        cx.report(finding);
    }
}
