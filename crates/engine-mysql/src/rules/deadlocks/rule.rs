//! `mysql/deadlocks`: transactions that the server rolled back because they waited for each other.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings;
use crate::words;

/// Reports the rate since the start.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let Some(count) = body.innodb.deadlocks else {
        cx.not_looked(
            "the server does not count deadlocks",
            Some("SET GLOBAL innodb_monitor_enable = 'lock_deadlocks'"),
        );
        return;
    };
    let hours = words::as_f64(body.server.uptime_s).max(1.0) / 3_600.0;
    let rate = words::as_f64(count) / hours;
    if words::as_f64(count) < cx.limit("count") || rate < cx.limit("per_hour") {
        return;
    }
    let severity = if rate >= cx.limit("high_per_hour") && hours >= 1.0 { Severity::High } else { Severity::Medium };
    let plural = if count == 1 { "1 deadlock" } else { "deadlocks" };
    let title = if count == 1 {
        format!("{plural} since the server's start")
    } else {
        format!("{count} {plural} since the server's start")
    };
    let finding = cx
        .finding("server", title)
        .severity(severity)
        .why(
            "each one rolls a whole transaction back. No change is given, because the reason is in the program: lock rows in one order everywhere, keep transactions short, and try again after error \
             1213. SET GLOBAL innodb_print_all_deadlocks = ON writes each to the error log, with its values",
        )
        .evidence("deadlocks", count, "deadlocks", body.server.flavour.innodb_metrics().source)
        .evidence("rate", (rate * 10.0).round() / 10.0, "deadlocks/h", "computed")
        .evidence("Uptime", body.server.uptime_s, "s", "SHOW GLOBAL STATUS");
    cx.report(settings::evidence(body, finding, "innodb_print_all_deadlocks"));
}
