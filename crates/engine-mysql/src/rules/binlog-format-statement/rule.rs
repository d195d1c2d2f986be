//! `mysql/binlog-format-statement`: replicas carry out statements, and not what these changed.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let statements = body.variable("binlog_format").is_some_and(|format| format.eq_ignore_ascii_case("STATEMENT"));
    if !statements || body.is_on("log_bin") != Some(true) {
        return;
    }
    let finding = cx.finding("binlog_format", "the binary log holds statements, and not what they changed").why(
        "a statement with LIMIT, UUID(), a trigger or a user's function can change other rows on a replica, or when a backup is rolled forward: the data differs, and nobody is told",
    );
    cx.report(settings::mended(body, finding, "binlog_format", "ROW", When::NewSessions));
}
