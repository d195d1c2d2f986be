//! `mysql/slow-statement`: statements that take long on average.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::digests;
use crate::words;

/// Reports them, by their mean time and their share of all time.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let long = body.statements.window_s >= cx.limit("window_minutes") * 60.0;
    for digest in digests::work(body) {
        let mean = digest.mean_ms();
        if mean < cx.limit("mean_ms") || digests::calls(digest) < cx.limit("calls") {
            continue;
        }
        let share = digests::share(body, digest);
        let severity = if long && share >= cx.limit("high_share") { Severity::High } else { Severity::Medium };
        let title = format!("takes {} ms on average: {}", words::count(mean.round()), digests::short(digest));
        let finding = digests::finding(cx, digest, title)
            .severity(severity)
            .why("users wait for it. No change is given: EXPLAIN shows where the time goes, dbwright advise which indexes the workload needs")
            .evidence("share of all time", (share * 1000.0).round() / 1000.0, "ratio", digests::SOURCE)
            .evidence("longest", digest.max_ms.round(), "ms", digests::SOURCE)
            .evidence("time waiting for table locks a call", (digest.lock_ms / digests::calls(digest) * 100.0).round() / 100.0, "ms", digests::SOURCE);
        cx.report(finding);
    }
}
