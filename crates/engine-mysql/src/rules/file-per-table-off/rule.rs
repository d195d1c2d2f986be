//! `mysql/file-per-table-off`: a file that grows and never gets smaller.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let name = "innodb_file_per_table";
    if cx.body.is_on(name) != Some(false) {
        return;
    }
    let finding = cx.finding(name, "new tables go into the file that all share").why(
        "it never gets smaller: what a dropped table had does not come back to the disk; tables that are in it stay there until ALTER TABLE … FORCE builds them anew",
    );
    cx.report(settings::mended(cx.body, finding, name, "ON", When::Now));
}
