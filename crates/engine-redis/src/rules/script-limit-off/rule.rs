//! `redis/script-limit-off`: a script that loops is there to stay.

use dbwright_core::Cx;

use crate::body::{Body, area};
use crate::mend;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        // The newer name first: servers that know both give both.
        let known = ["busy-reply-threshold", "lua-time-limit"].into_iter().find(|name| node.setting(name).is_some());
        let Some((name, limit)) = known.and_then(|name| Some((name, node.setting_number(name)?))) else { continue };
        if limit > 0.0 {
            continue;
        }
        let finding = cx
            .finding(cx.body.subject(node, name), "a script that does not end can't be ended")
            .why("others wait without an answer, and SCRIPT KILL is not taken; with a limit they are told BUSY and it is")
            .evidence(name, limit, "ms", "CONFIG GET")
            .change(mend::settings(node, &[(name, "5000")]));
        cx.report(finding);
    }
}
