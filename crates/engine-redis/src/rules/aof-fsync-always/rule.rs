//! `redis/aof-fsync-always`: the disk's time is everybody's time.

use dbwright_core::Cx;

use crate::body::{Body, area};
use crate::mend;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        if node.setting("appendonly") != Some("yes") || node.setting("appendfsync") != Some("always") {
            continue;
        }
        let finding = cx
            .finding(cx.body.subject(node, "appendfsync"), "each write waits until the disk has it")
            .why(
                "nobody is served meanwhile; with everysec a crash of the machine costs the writes of about a second, and a \
                 crash of the server none",
            )
            .evidence("appendfsync", "always", "", "CONFIG GET")
            .evidence("appendonly", "yes", "", "CONFIG GET")
            .change(mend::settings(node, &[("appendfsync", "everysec")]));
        let event = node.latency.iter().find(|event| event.name == "aof-fsync-always");
        cx.report(match event {
            Some(event) => finding.evidence("longest_wait", event.max_ms, "ms", "LATENCY LATEST"),
            None => finding,
        });
    }
}
