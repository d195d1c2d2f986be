//! `mysql/sort-merge-passes`: sorts that do not fit into memory.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::digests;
use crate::words;

/// Reports them, by passes a call.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for digest in digests::work(cx.body) {
        let passes = digest.each(digest.merge_passes);
        if passes < cx.limit("passes") || digests::calls(digest) < cx.limit("calls") {
            continue;
        }
        let rows = digest.each(digest.sorted);
        let severity = if rows >= cx.limit("medium_rows") { Severity::Medium } else { Severity::Low };
        let title = format!("sorts {} rows by way of the disk: {}", words::count(rows.round()), digests::short(digest));
        let finding = digests::finding(cx, digest, title)
            .severity(severity)
            .why(
                "each row is written and read once more for each pass. No change is given: an index in the order of the sort makes it needless (dbwright advise), or the session needs a larger \
                 sort_buffer_size",
            )
            .evidence("merge passes a call", (passes * 100.0).round() / 100.0, "passes", digests::SOURCE)
            .evidence("rows sorted a call", rows.round(), "rows", digests::SOURCE);
        cx.report(finding);
    }
}
