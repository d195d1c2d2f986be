//! `mysql/lock-wait-timeouts`: statements that gave up waiting for a row.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings;
use crate::words;

/// How long a statement waits.
const WAIT: &str = "innodb_lock_wait_timeout";
/// Whether giving up takes the whole transaction back.
const ALL: &str = "innodb_rollback_on_timeout";

/// Reports the rate since the start.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let Some(count) = body.innodb.lock_timeouts else {
        cx.not_looked(
            "the server does not count waits that were given up",
            Some("SET GLOBAL innodb_monitor_enable = 'lock_timeouts'"),
        );
        return;
    };
    let rate = words::as_f64(count) * 3_600.0 / words::as_f64(body.server.uptime_s).max(1.0);
    if words::as_f64(count) < cx.limit("count") || rate < cx.limit("per_hour") {
        return;
    }
    let severity = if rate >= cx.limit("felt_per_hour") { Severity::Medium } else { Severity::Low };
    let finding = cx
        .finding("server", format!("{} statements gave up waiting for a row since the server's start", words::count(words::as_f64(count))))
        .severity(severity)
        .why(format!(
            "each of them had waited for {WAIT}, with everybody who waited behind it, and failed with error 1205; the statements before it stay done in an open transaction unless {ALL} is on. No \
             change is given, because the reason is in the program that keeps a transaction open: keep transactions short, do not wait for people or other servers in them, and end a transaction \
             after the error. While it goes on, mysql/blocked-sessions names who keeps the others waiting"
        ))
        .evidence("lock_timeouts", count, "waits", "information_schema.INNODB_METRICS")
        .evidence("rate", (rate * 10.0).round() / 10.0, "waits/h", "computed")
        .evidence("Uptime", body.server.uptime_s, "s", "SHOW GLOBAL STATUS")
        .evidence(WAIT, body.number(WAIT).unwrap_or(0.0), "s", settings::SOURCE);
    cx.report(settings::evidence(body, finding, ALL));
}
