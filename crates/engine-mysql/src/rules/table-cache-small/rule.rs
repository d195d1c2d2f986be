//! `mysql/table-cache-small`: tables are closed to make room, and opened again.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// The variable.
const NAME: &str = "table_open_cache";
/// Where counters are read.
const SOURCE: &str = "SHOW GLOBAL STATUS";
/// The default of MariaDB, the smaller of both.
const USUAL: f64 = 2000.0;
/// Share of the cache that is in use when it counts as full.
const FULL: f64 = 0.95;

/// Reports a cache that is full, and shows it.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let counters =
        ["Open_tables", "Opened_tables", "Table_open_cache_overflows", "Uptime"].map(|name| body.counter(name));
    let (Some(size), [Some(open), Some(opened), Some(overflows), Some(seconds)]) = (body.number(NAME), counters) else {
        return;
    };
    let rate = opened / seconds.max(1.0);
    if open < size * FULL || overflows == 0.0 || rate < cx.limit("low_per_second") {
        return;
    }
    let severity = if rate < cx.limit("per_second") { Severity::Low } else { Severity::Medium };
    let finding = cx
        .finding(
            NAME,
            format!(
                "tables are opened {} times a minute, because the cache of {} is full",
                words::count((rate * 60.0).round()),
                words::count(size)
            ),
        )
        .severity(severity)
        .why("each of them costs files and a lock that others wait for, before the statement begins")
        .evidence("Open_tables", open, "tables", SOURCE)
        .evidence("Opened_tables", opened, "times", SOURCE)
        .evidence("Table_open_cache_overflows", overflows, "times", SOURCE)
        .evidence("open_files_limit", body.number("open_files_limit").unwrap_or(0.0), "files", settings::SOURCE);
    cx.report(settings::mended(body, finding, NAME, &format!("{:.0}", (size * 2.0).max(USUAL)), When::Now));
}
