//! `redis/aof-fsync-no`: half a minute of writes is in memory only.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};
use crate::mend;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in cx.body.nodes.iter().filter(|node| node.setting("appendonly") == Some("yes")) {
        let cases = [
            ("appendfsync", "no", "everysec", Severity::Medium, "a crash of the machine loses some 30 s of writes"),
            (
                "no-appendfsync-on-rewrite",
                "yes",
                "no",
                Severity::Low,
                "a crash during a rewrite loses what was written since it began",
            ),
        ];
        for (name, bad, good, severity, title) in cases {
            if node.setting(name) != Some(bad) || (name != "appendfsync" && node.setting("appendfsync") == Some("no")) {
                continue;
            }
            let finding = cx
                .finding(cx.body.subject(node, name), title)
                .severity(severity)
                .why("the operating system writes the file when it likes, although clients were told that it is done")
                .evidence("appendonly", "yes", "", "CONFIG GET")
                .evidence(name, bad, "", "CONFIG GET")
                .change(mend::settings(node, &[(name, good)]));
            cx.report(finding);
        }
    }
}
