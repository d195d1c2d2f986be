//! `mysql/poor-index`: statements whose index leads to far more rows than they need.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Digest};
use crate::digests;
use crate::words;

/// Reports them, by the rows that they read.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for digest in digests::work(cx.body) {
        let examined = digest.each(digest.examined);
        let enough = digests::calls(digest) >= cx.limit("calls") && examined >= cx.limit("rows");
        let more =
            digests::has_word(digest, &digests::SUMS) || digests::has_word(digest, &["DISTINCT", "UNION", "EXISTS"]);
        if !enough || more || examined / digests::useful(digest) < cx.limit("times") {
            continue;
        }
        // Those without any index are told by mysql/full-scan-statement.
        let whole = digests::without_index(digest) || digests::changed_whole(cx.body, digest).is_some();
        let looks = ["SELECT", "UPDATE", "DELETE"].iter().any(|kind| digest.text.starts_with(kind));
        if looks && !whole && digests::has_word(digest, &["WHERE"]) {
            let finding = finding(cx, digest);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, digest: &Digest) -> Finding {
    let share = digests::share(cx.body, digest);
    let title = format!(
        "reads {} rows by an index for each {} that it needs: {}",
        words::count(digest.each(digest.examined).round()),
        words::count(digests::useful(digest).round()),
        digests::short(digest)
    );
    digests::finding(cx, digest, title)
        .severity(if share >= cx.limit("felt_share") { Severity::Medium } else { Severity::Low })
        .why(
            "its index is for another question: most rows have the value, or it covers a part of the condition, or another order is wanted. No change is given, because the counters do not tell which \
             index it used: EXPLAIN does, and dbwright advise finds the one that serves the whole workload",
        )
        .evidence("share of the time of all statements", (share * 1000.0).round() / 1000.0, "ratio", digests::SOURCE)
}
