//! `redis/lua-slow`: nothing else runs until it ends.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};
use crate::words;

const SOURCE: &str = "SLOWLOG GET";
const SCRIPTS: [&str; 6] = ["eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro"];

/// Reports node by node and command by command.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::SLOWLOG);
    super::tell_gaps(cx, area::NODES);
    let (us, high_us) = (cx.limit("ms") * 1_000.0, cx.limit("high_ms") * 1_000.0);
    for node in &cx.body.nodes {
        for command in SCRIPTS {
            let entries =
                node.slowlog.entries.iter().filter(|entry| entry.command == command && entry.usec as f64 >= us);
            let entries: Vec<_> = entries.collect();
            let Some(worst) = entries.iter().max_by_key(|entry| entry.usec) else { continue };
            let name = command.to_uppercase();
            let title = format!("a script ({name}) held up the server for {}", words::micros(worst.usec as f64));
            let finding = cx
                .finding(cx.body.subject(node, &name), title)
                .severity(if worst.usec as f64 >= high_us { Severity::High } else { Severity::Medium })
                .why(
                    "nothing else runs until a script ends; have it work in slices with a cursor in its arguments, and keep \
                     loops over large collections out of it; only its author can do that",
                )
                .evidence("slowest", worst.usec, "µs", SOURCE)
                .evidence("entries", entries.len(), "calls", SOURCE)
                .evidence("example", worst.shape.as_str(), "", SOURCE);
            cx.report(finding);
        }
    }
}
