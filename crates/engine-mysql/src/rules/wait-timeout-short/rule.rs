//! `mysql/wait-timeout-short`: connections end before anybody would have used them again.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// Reports the global setting; sessions that a person types in have their own, which is not judged.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let name = "wait_timeout";
    let Some(seconds) = cx.body.number(name).filter(|seconds| *seconds < cx.limit("seconds")) else { return };
    let mut finding = cx
        .finding(name, format!("a connection that is idle for {} is ended", words::seconds(seconds)))
        .severity(if seconds < cx.limit("tiny_seconds") { Severity::Medium } else { Severity::Low })
        .why(
            "the program finds out with its next statement, which fails (\"server has gone away\"), and a transaction that waited \
             for an answer from elsewhere is rolled back",
        );
    if let Some(ended) = cx.body.counter("Aborted_clients") {
        finding = finding.evidence("Aborted_clients", ended, "connections", "SHOW GLOBAL STATUS");
    }
    cx.report(settings::mended(cx.body, finding, name, "28800", When::NewSessions));
}
