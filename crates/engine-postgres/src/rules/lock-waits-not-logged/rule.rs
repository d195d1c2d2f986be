//! `pg/lock-waits-not-logged`: who waited for whom can't be found out afterwards.

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::settings;

/// Reports the setting when it is off.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let Some(setting) = cx.body.setting("log_lock_waits").filter(|setting| setting.value == "off") else { return };
    let finding = cx
        .finding("log_lock_waits", "long waits for locks leave no trace in the log")
        .why("who waited for whom, and for which statement, can only be seen while it lasts");
    cx.report(settings::mended(cx.body, finding, setting, "on"));
}
