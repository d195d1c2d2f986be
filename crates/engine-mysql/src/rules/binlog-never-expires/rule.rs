//! `mysql/binlog-never-expires`: binary logs that nothing removes.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the settings.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    if body.is_on("log_bin") != Some(true) || body.is_on("binlog_expire_logs_auto_purge") == Some(false) {
        // The automatic purge is off on purpose: another tool removes them.
        return;
    }
    // Either of the two counts; older versions have days alone.
    let names = ["binlog_expire_logs_seconds", "expire_logs_days"];
    let known: Vec<(&str, f64)> = names.iter().filter_map(|name| Some((*name, body.number(name)?))).collect();
    let Some((name, _)) = known.first().copied().filter(|_| known.iter().all(|(_, value)| *value == 0.0)) else {
        return;
    };
    // MariaDB 11.4 can also be told how much of the disk they may take.
    if body.number("max_binlog_total_size").is_some_and(|bytes| bytes > 0.0) {
        return;
    }
    let days = cx.limit("days");
    let to = if name == "expire_logs_days" { days } else { days * 86_400.0 };
    let finding = cx
        .finding(name, "binary logs are kept for ever")
        .why("one day the disk is full of them, and then nobody can write; before, take care that replicas and backups need none that is older");
    cx.report(settings::mended(body, finding, name, &format!("{to:.0}"), When::Now));
}
