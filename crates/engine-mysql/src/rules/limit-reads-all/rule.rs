//! `mysql/limit-reads-all`: statements that go through everything for the few rows of their LIMIT.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Digest};
use crate::digests;
use crate::words;

/// Reports them, by the rows that they read.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for digest in digests::work(cx.body) {
        let examined = digest.each(digest.examined);
        let enough = digests::calls(digest) >= cx.limit("calls") && examined >= cx.limit("rows");
        if !enough || examined / digests::useful(digest) < cx.limit("times") || !is_limited(digest) {
            continue;
        }
        // Those without any index are told by mysql/full-scan-statement, and those with a condition by mysql/poor-index.
        if !digests::without_index(digest) && !digests::has_word(digest, &["WHERE"]) {
            let finding = finding(cx, digest);
            cx.report(finding);
        }
    }
}

fn is_limited(digest: &Digest) -> bool {
    let more = ["DISTINCT", "UNION", "GROUP", "HAVING"];
    digest.text.starts_with("SELECT")
        && digests::has_word(digest, &["LIMIT"])
        && !digests::has_word(digest, &digests::SUMS)
        && !digests::has_word(digest, &more)
}

fn finding(cx: &Cx<'_, Body>, digest: &Digest) -> Finding {
    let share = digests::share(cx.body, digest);
    let title = format!(
        "reads {} rows for the {} that its LIMIT leaves: {}",
        words::count(digest.each(digest.examined).round()),
        words::count(digests::useful(digest).round()),
        digests::short(digest)
    );
    // The servers write functions in quotes, like names.
    let why = if digest.text.to_uppercase().contains("`RAND` (") {
        "ORDER BY RAND() gives each row a number and sorts them all, for each call anew. No change is given, because the statement is the program's: pick keys at random first (between the least and the \
         greatest one), and look those rows up"
    } else if digests::has_word(digest, &["OFFSET"]) || digest.text.contains("LIMIT ?, ") {
        "rows that an OFFSET skips are read all the same, so that each page costs more than the one before. No change is given, because the statement is the program's: remember the last key of a page, \
         and ask for rows behind it (WHERE (created, id) > (…) ORDER BY created, id LIMIT 20)"
    } else {
        "no index has the order that it asks for, so that all rows are sorted for a few. No change is given: dbwright advise finds the index that serves the whole workload"
    };
    digests::finding(cx, digest, title)
        .severity(if share >= cx.limit("felt_share") { Severity::Medium } else { Severity::Low })
        .why(why)
        .evidence("share of the time of all statements", (share * 1000.0).round() / 1000.0, "ratio", digests::SOURCE)
}
