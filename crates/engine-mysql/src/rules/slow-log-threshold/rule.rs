//! `mysql/slow-log-threshold`: the slow log is on, and sees next to nothing.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let name = "long_query_time";
    let Some(seconds) = cx.body.number(name).filter(|_| cx.body.is_on("slow_query_log") == Some(true)) else { return };
    if seconds < cx.limit("seconds") {
        return;
    }
    let title = format!("statements of less than {} s are not written to the slow log", words::count(seconds));
    let finding = cx.finding(name, title).why(
        "a statement that takes half a second and runs all day costs more than one that takes ten seconds at night, and users wait for it; the log is there to be looked into, and shows neither",
    );
    cx.report(settings::mended(cx.body, finding, name, "1", When::NewSessions));
}
