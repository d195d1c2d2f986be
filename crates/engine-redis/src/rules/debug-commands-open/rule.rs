//! `redis/debug-commands-open`: what 7.0 closed for good reasons.

use dbwright_core::Cx;

use crate::body::{Body, area};

const NAMES: [&str; 3] = ["enable-debug-command", "enable-module-command", "enable-protected-configs"];

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        for name in NAMES.into_iter().filter(|name| node.setting(name) == Some("yes")) {
            let what = match name {
                "enable-debug-command" => "DEBUG stops or crashes the server",
                "enable-module-command" => "MODULE LOAD runs code of a file in the server",
                _ => "CONFIG SET dir and dbfilename write files where a client likes",
            };
            let finding = cx
                .finding(cx.body.subject(node, name), format!("{name} is open to clients of every machine"))
                .why(format!(
                    "{what}; it can be closed with a restart only, so there is no change: take the line out of the configuration \
                     file, or set it to local"
                ))
                .evidence(name, "yes", "", "CONFIG GET")
                .evidence("bind", node.setting("bind").unwrap_or("?"), "", "CONFIG GET");
            cx.report(finding);
        }
    }
}
