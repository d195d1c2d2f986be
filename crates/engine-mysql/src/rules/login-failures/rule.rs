//! `mysql/login-failures`: who it is that can't get in.

use dbwright_core::Cx;

use crate::body::Body;
use crate::words;

/// Where counters are read.
const SOURCE: &str = "SHOW GLOBAL STATUS";

/// Reports the share of connections that never came about.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let (Some(failed), Some(all)) = (body.counter("Aborted_connects"), body.counter("Connections")) else { return };
    let share = failed / all.max(1.0);
    if failed < cx.limit("failures") || share < cx.limit("share") {
        return;
    }
    let verbose = if body.server.is_mariadb() { "log_warnings = 2" } else { "log_error_verbosity = 3" };
    let finding = cx
        .finding("Aborted_connects", format!("{} of {} connections never came about", words::count(failed), words::count(all)))
        .why(format!(
            "a program has an old password, somebody tries passwords, or a check connects and leaves; each takes a place for a while. No change is given, because the reason is \
             outside of the server: the error log tells who it is with SET GLOBAL {verbose}, performance_schema.host_cache by machine"
        ))
        .evidence("Aborted_connects", failed, "connections", SOURCE)
        .evidence("Connections", all, "connections", SOURCE)
        .evidence("Uptime", body.counter("Uptime").unwrap_or(0.0), "s", SOURCE);
    cx.report(finding);
}
