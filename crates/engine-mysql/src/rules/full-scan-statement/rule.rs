//! `mysql/full-scan-statement`: statements that read a table whole to find a few rows.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::digests;
use crate::words;

/// Reports them, by the rows that they read.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for digest in digests::work(cx.body) {
        let examined = digest.each(digest.examined);
        let useful = digest.each(digest.sent + digest.affected).max(1.0);
        let without = digest.no_index * 2 >= digest.calls;
        let enough = digests::calls(digest) >= cx.limit("calls") && examined >= cx.limit("rows");
        if !without || !enough || examined / useful < cx.limit("times") {
            continue;
        }
        let severity = if examined >= cx.limit("high_rows") { Severity::High } else { Severity::Medium };
        let title = format!(
            "reads {} rows without an index for each {} that it needs: {}",
            words::count(examined.round()),
            words::count(useful.round()),
            digests::short(digest)
        );
        let finding = digests::finding(cx, digest, title)
            .severity(severity)
            .why(
                "it gets slower with every row that is added, and pushes what others need out of memory. No change is given: which index serves the whole workload best is for \
                 dbwright advise to find out",
            )
            .evidence("calls without an index", digest.no_index, "calls", digests::SOURCE);
        cx.report(finding);
    }
}
