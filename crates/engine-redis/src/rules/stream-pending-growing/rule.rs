//! `redis/stream-pending-growing`: work that somebody took and nobody does.

use dbwright_core::{Cx, Finding};

use crate::body::{Body, Stream, StreamGroup};
use crate::words;

/// Reports group by group.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (pending, seconds) = (cx.limit("pending"), cx.limit("minutes") * 60.0);
    for stream in &cx.body.keyspace.streams {
        for group in &stream.groups {
            let forgotten = group.oldest_pending_s.is_some_and(|age| age as f64 >= seconds);
            if group.pending as f64 >= pending && forgotten {
                let finding = finding(cx, stream, group);
                cx.report(finding);
            }
        }
    }
}

fn finding(cx: &Cx<'_, Body>, stream: &Stream, group: &StreamGroup) -> Finding {
    let title = format!(
        "{} entries of {} wait for an acknowledgement of group {}",
        words::count(group.pending as f64),
        stream.key,
        group.name
    );
    let finding = cx
        .finding(&stream.key, title)
        .why(
            "their work is not done, and nobody else gets it by itself; have a living consumer take them over with XAUTOCLAIM, \
             and acknowledge with XACK after the work; which of them were worked on is not known here, so there is no change",
        )
        .evidence("pending", group.pending, "entries", "XINFO GROUPS")
        .evidence("consumers", group.consumers, "consumers", "XINFO GROUPS")
        .evidence("oldest_delivered", group.oldest_pending_s.unwrap_or(0), "s ago", "XPENDING");
    match group.lag {
        Some(lag) => finding.evidence("lag", lag, "entries", "XINFO GROUPS"),
        None => finding,
    }
}
