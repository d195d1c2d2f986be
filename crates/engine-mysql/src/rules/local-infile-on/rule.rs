//! `mysql/local-infile-on`: the server may ask clients for their files.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    if cx.body.is_on("local_infile") != Some(true) {
        return;
    }
    let finding = cx
        .finding("local_infile", "LOAD DATA LOCAL is allowed")
        .why("SQL that somebody smuggled in can read files of the machine that the program runs on, when its driver allows it");
    cx.report(settings::mended(cx.body, finding, "local_infile", "OFF", When::Now));
}
