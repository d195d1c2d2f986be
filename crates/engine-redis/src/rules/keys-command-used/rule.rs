//! `redis/keys-command-used`: every key is looked at while everybody waits.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};
use crate::words;

const SOURCE: &str = "INFO commandstats";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::COMMANDS);
    super::tell_gaps(cx, area::NODES);
    let (calls, slow_us) = (cx.limit("calls"), cx.limit("slow_ms") * 1_000.0);
    for node in &cx.body.nodes {
        let Some(keys) = node.command("keys").filter(|keys| keys.calls as f64 >= calls) else { continue };
        let severity = if keys.mean_us() >= slow_us { Severity::High } else { Severity::Medium };
        let times =
            if keys.calls == 1 { "once".to_owned() } else { format!("{} times", words::count(keys.calls as f64)) };
        let finding = cx
            .finding(cx.body.subject(node, "KEYS"), format!("KEYS was called {times}"))
            .severity(severity)
            .why(
                "it looks at every key while everybody waits; the application should use SCAN with MATCH and COUNT, or keep the \
                 names in a set; ACL SETUSER … -keys forbids it, CONFIG RESETSTAT shows whether new calls come",
            )
            .evidence("calls", keys.calls, "calls", SOURCE)
            .evidence("usec_per_call", words::ratio(keys.mean_us()), "µs", SOURCE);
        cx.report(finding);
    }
}
