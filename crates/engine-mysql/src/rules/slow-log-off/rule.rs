//! `mysql/slow-log-off`: nobody knows afterwards what was slow.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let name = "slow_query_log";
    if cx.body.is_on(name) != Some(false) {
        return;
    }
    let finding = cx
        .finding(name, "slow statements are not written down")
        .why("the log tells afterwards which statement was slow, with its values and its rows; counters are gone with a restart and know no single call")
        .evidence("long_query_time", cx.body.number("long_query_time").unwrap_or(0.0), "s", settings::SOURCE);
    cx.report(settings::mended(cx.body, finding, name, "ON", When::Now));
}
