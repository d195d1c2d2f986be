//! `mysql/statistics-not-kept`: the optimizer's figures are forgotten, or never made anew.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// What each setting costs when it is off.
const SETTINGS: [(&str, &str, &str); 2] = [
    (
        "innodb_stats_persistent",
        "the optimizer's figures of tables are forgotten at each restart",
        "they are guessed anew from a few pages when a table is opened first after a restart, so that plans change overnight without a reason that anybody sees",
    ),
    (
        "innodb_stats_auto_recalc",
        "the optimizer's figures are not made anew when tables change",
        "plans go on being made for the tables as they were when somebody last ran ANALYZE TABLE, until an index is not taken any more",
    ),
];

/// Reports each of the two global settings.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for (name, title, why) in SETTINGS {
        if cx.body.is_on(name) == Some(false) {
            let finding = cx.finding(name, title).why(why);
            cx.report(settings::mended(cx.body, finding, name, "ON", When::Now));
        }
    }
}
