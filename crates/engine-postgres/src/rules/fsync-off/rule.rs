//! `pg/fsync-off`: a crash of the machine can destroy the database.

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::settings;

/// Reports the setting when it is off.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let Some(setting) = cx.body.setting("fsync").filter(|setting| setting.value == "off") else { return };
    let finding = cx.finding("fsync", "fsync is off: a crash of the machine can destroy the database").why(
        "nothing makes sure that WAL and data reach the disk in order, so that a power failure leaves a mixture \
         that may not start or is silently wrong",
    );
    cx.report(settings::mended(cx.body, finding, setting, "on"));
}
