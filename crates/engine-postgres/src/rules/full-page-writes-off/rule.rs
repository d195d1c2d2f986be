//! `pg/full-page-writes-off`: a crash can leave pages half written, and nothing repairs them.

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::settings;

/// Reports the setting when it is off.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let Some(setting) = cx.body.setting("full_page_writes").filter(|setting| setting.value == "off") else { return };
    let finding = cx.finding("full_page_writes", "full_page_writes is off: a crash can leave torn pages").why(
        "a page that was half written when the machine failed stays so, and its rows are wrong or unreadable; \
         only a file system that never overwrites in place (ZFS, btrfs) makes it safe",
    );
    cx.report(settings::mended(cx.body, finding, setting, "on"));
}
