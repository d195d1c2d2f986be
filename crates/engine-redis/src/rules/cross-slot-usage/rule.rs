//! `redis/cross-slot-usage`: what the cluster refuses.

use dbwright_core::Cx;

use crate::body::{Body, area};
use crate::words;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::COMMANDS);
    super::tell_gaps(cx, area::NODES);
    let least = cx.limit("errors");
    for node in &cx.body.nodes {
        let errors = node.errors.get("CROSSSLOT").copied().unwrap_or(0);
        if errors == 0 || (errors as f64) < least {
            continue;
        }
        let title = match errors {
            1 => "a command with keys of different slots was refused".to_owned(),
            _ => format!("{} commands with keys of different slots were refused", words::count(errors as f64)),
        };
        let finding = cx
            .finding(cx.body.subject(node, "server"), title)
            .why(
                "what they meant to do was not done; give keys that are used together a common hash tag ({user:7}:cart, \
                 {user:7}:name), or send a command a key; only the application can do that; CONFIG RESETSTAT shows whether \
                 new ones come",
            )
            .evidence("errorstat_CROSSSLOT", errors, "errors", "INFO errorstats");
        cx.report(finding);
    }
}
