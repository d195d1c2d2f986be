//! `redis/stream-untrimmed`: what was read stays.

use dbwright_core::{Change, Cx, Finding};

use crate::body::{Body, Stream};
use crate::mend;
use crate::words;

/// Reports stream by stream.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (entries, times) = (cx.limit("entries"), cx.limit("times"));
    for stream in &cx.body.keyspace.streams {
        let length = stream.length as f64;
        let never = stream.added.is_none_or(|added| added == stream.length);
        if length >= entries && (never || length >= entries * times) {
            let finding = finding(cx, stream, entries);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, stream: &Stream, entries: f64) -> Finding {
    let finding = cx
        .finding(&stream.key, format!("the stream {} has {} entries", stream.key, words::count(stream.length as f64)))
        .evidence("length", stream.length, "entries", "XINFO STREAM")
        .evidence("bytes", stream.bytes, "bytes", "MEMORY USAGE")
        .evidence("groups", stream.groups.len(), "groups", "XINFO GROUPS");
    let finding = match stream.added {
        Some(added) => finding.evidence("entries-added", added, "entries", "XINFO STREAM"),
        None => finding,
    };
    let why = "acknowledging removes nothing; add with XADD … MAXLEN ~ n, and trim what is there";
    let limit = match (stream.groups.is_empty(), &stream.done_to) {
        (true, _) => format!("MAXLEN ~ {entries:.0}"),
        (false, Some(id)) => format!("MINID ~ {id}"),
        (false, None) => {
            return finding.why(format!(
                "{why}; its groups have not received or acknowledged anything yet, so nothing can go without harm"
            ));
        }
    };
    let select = (stream.database != 0).then(|| format!("SELECT {}", stream.database));
    let trim = format!("XTRIM {} {limit}", mend::word(&stream.key));
    let change =
        Change::new(select.into_iter().chain([trim]), "others wait about a millisecond for some thousand entries")
            .outside_transaction()
            .irreversible("entries that are trimmed are gone");
    finding.why(why).change(change)
}
