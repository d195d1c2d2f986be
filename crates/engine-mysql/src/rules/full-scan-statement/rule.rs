//! `mysql/full-scan-statement`: statements that read a table whole to find a few rows.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Digest};
use crate::digests;
use crate::words;

/// Reports them, by the rows that they read.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for digest in digests::work(cx.body) {
        let examined = digest.each(digest.examined);
        let enough = !sums_up(digest) && digests::calls(digest) >= cx.limit("calls") && examined >= cx.limit("rows");
        if !enough || examined / digests::useful(digest) < cx.limit("times") {
            continue;
        }
        let rows = digests::changed_whole(cx.body, digest);
        if !digests::without_index(digest) && rows.is_none() {
            continue;
        }
        let finding = finding(cx, digest, rows);
        cx.report(finding);
    }
}

/// Whether a statement sums all rows up: no condition that an index could serve, and every row is needed.
fn sums_up(digest: &Digest) -> bool {
    digests::has_word(digest, &digests::SUMS) && !digests::has_word(digest, &["WHERE", "JOIN", "HAVING", "LIMIT"])
}

fn finding(cx: &Cx<'_, Body>, digest: &Digest, rows: Option<f64>) -> Finding {
    let examined = digest.each(digest.examined);
    let severity = if examined >= cx.limit("high_rows") { Severity::High } else { Severity::Medium };
    let title = format!(
        "reads {} rows without an index for each {} that it needs: {}",
        words::count(examined.round()),
        words::count(digests::useful(digest).round()),
        digests::short(digest)
    );
    let locks =
        if digests::changes(digest) { "it locks every row that it reads, others wait for that, and " } else { "" };
    let finding = digests::finding(cx, digest, title).severity(severity).why(format!(
        "{locks}it gets slower with every row that is added, and pushes what others need out of memory. No change is given: which index serves the whole workload best is for \
         dbwright advise to find out"
    ));
    match rows {
        Some(rows) => finding.evidence("rows of the table", rows.round(), "rows", words::ROWS),
        None => finding.evidence("calls without an index", digest.no_index, "calls", digests::SOURCE),
    }
}
