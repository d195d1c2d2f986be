//! `mysql/redo-log-too-small`: the redo log is written over in less than an hour.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// The largest factor that is proposed.
const MOST: f64 = 16.0;
/// Sizes are proposed in multiples of this.
const STEP: f64 = 1_048_576.0;

/// Reports a small log, by the rate of writes.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let log = body.server.redo_log();
    let files = log.files.and_then(|name| body.number(name)).unwrap_or(1.0);
    let (Some(size), Some(written)) = (body.number(log.variable), body.counter("Innodb_os_log_written")) else {
        return;
    };
    let up = words::as_f64(body.server.uptime_s).max(1.0);
    let capacity = size * files;
    let minutes = capacity / (written / up).max(1.0) / 60.0;
    if minutes >= cx.limit("minutes") || written < capacity {
        return;
    }
    if up < cx.limit("window_minutes") * 60.0 {
        let reason = format!("the server has run for only {}, too short for a rate of writes", words::seconds(up));
        cx.not_looked(reason, Some("check again later, or lower window_minutes of mysql/redo-log-too-small"));
        return;
    }
    let wanted = (capacity * cx.limit("minutes") / minutes).min(capacity * MOST) / files;
    let to = format!("{:.0}", (wanted / STEP).ceil() * STEP);
    let why = "changed pages are written again and again, and when the log fills up all writes wait for the disk";
    let finding = cx
        .finding(log.variable, format!("the redo log is written over within {}", words::seconds(minutes * 60.0)))
        .why(why)
        .evidence("Innodb_os_log_written", written, "bytes", "SHOW GLOBAL STATUS")
        .evidence("Uptime", body.server.uptime_s, "s", "SHOW GLOBAL STATUS")
        .evidence("minutes", (minutes * 100.0).round() / 100.0, "min", "computed");
    if log.dynamic {
        cx.report(settings::mended(body, finding, log.variable, &to, When::Now));
    } else {
        let finding = settings::evidence(body, finding, log.variable);
        cx.report(finding.why(format!(
            "{why}. This version changes it at a restart only: put `{} = {to}` below [mysqld] into the configuration file, shut the server down cleanly and start it",
            log.variable
        )));
    }
}
