//! `redis/ttl-without-jitter`: an expiry cliff.

use dbwright_core::{Change, Cx, Finding};

use crate::body::{Body, Pattern};
use crate::mend::{self, WALK_LOCK, Walk};
use crate::words;

const SOURCE: &str = "PTTL of a sample";

/// Reports pattern by pattern.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (keys, share, minutes) = (cx.limit("keys"), cx.limit("share"), cx.limit("minutes"));
    for pattern in &cx.body.keyspace.patterns {
        let expiry = &pattern.expiry;
        let expiring = pattern.keys.value * (1.0 - pattern.share_without_expiry());
        let at_once = expiring * expiry.same_minute;
        if expiry.same_minute >= share && at_once >= keys && expiry.minute_starts_s >= minutes * 60.0 {
            let finding = finding(cx, pattern, at_once);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, pattern: &Pattern, at_once: f64) -> Finding {
    let starts = pattern.expiry.minute_starts_s;
    let title = format!("{} keys of {} expire within one minute", words::count(at_once), pattern.name);
    let finding = cx
        .finding(&pattern.name, title)
        .why(format!(
            "in {} their readers all miss at once, and what stands behind the cache gets the whole load; add a random part \
             to the time to live where they are written",
            words::seconds(starts)
        ))
        .evidence("same_minute", words::ratio(pattern.expiry.same_minute), "ratio", SOURCE)
        .evidence("keys_in_that_minute", at_once.round(), "keys", SOURCE)
        .evidence("minute_starts_in", starts.round(), "s", SOURCE)
        .evidence("keys", pattern.keys.value.round(), "keys", "sample of the keyspace");
    // The nearer the minute, the larger the share that has to be taken away to spread them over several.
    let percent = if starts >= 3_600.0 { 20 } else { 50 };
    match mend::walk(pattern, &Walk::Spread { least_ms: words::whole(starts * 500.0), percent }) {
        None => finding,
        Some(statement) => finding.change(
            Change::new([statement], WALK_LOCK)
                .outside_transaction()
                .irreversible("the old times are not written down; keys only go earlier than they would have"),
        ),
    }
}
