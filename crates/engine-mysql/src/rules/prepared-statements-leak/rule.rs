//! `mysql/prepared-statements-leak`: soon nobody can prepare anything.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// The variable.
const NAME: &str = "max_prepared_stmt_count";
/// Where counters are read.
const SOURCE: &str = "SHOW GLOBAL STATUS";

/// Reports what is open now.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let (Some(most), Some(open)) = (body.number(NAME).filter(|most| *most > 0.0), body.counter("Prepared_stmt_count"))
    else {
        return;
    };
    let share = open / most;
    if share < cx.limit("share") {
        return;
    }
    let sessions = body.counter("Threads_connected").unwrap_or(0.0).max(1.0);
    let finding = cx
        .finding(NAME, format!("{} of {} prepared statements are open", words::count(open), words::count(most)))
        .severity(if share >= cx.limit("high_share") { Severity::High } else { Severity::Medium })
        .why(
            "at the limit every PREPARE of every program is refused with error 1461; a larger limit buys time, the cause is a program or a driver's cache that does not close them",
        )
        .evidence("Prepared_stmt_count", open, "statements", SOURCE)
        .evidence("statements a session", (open / sessions).round(), "statements", SOURCE)
        .evidence("Com_stmt_prepare", body.counter("Com_stmt_prepare").unwrap_or(0.0), "statements", SOURCE)
        .evidence("Com_stmt_close", body.counter("Com_stmt_close").unwrap_or(0.0), "statements", SOURCE);
    cx.report(settings::mended(body, finding, NAME, &format!("{:.0}", most * 2.0), When::Now));
}
