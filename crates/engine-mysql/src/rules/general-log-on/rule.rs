//! `mysql/general-log-on`: every statement of everybody is written down.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};

/// The variable.
const NAME: &str = "general_log";

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    if body.is_on(NAME) != Some(true) {
        return;
    }
    let outputs = body.variable("log_output").unwrap_or("FILE").to_ascii_uppercase();
    if outputs.contains("NONE") {
        return;
    }
    let table = outputs.contains("TABLE");
    let to = if table { "the table mysql.general_log" } else { "a file" };
    let finding = cx
        .finding(NAME, format!("each statement of each session is written to {to}"))
        .severity(if table { Severity::Medium } else { Severity::Low })
        .why(if table {
            "all sessions queue for one CSV table, which grows until the disk is full, and it holds all values that programs send, passwords of users included"
        } else {
            "the file grows until the disk is full, and holds all values that programs send, passwords of users included"
        });
    let finding = settings::evidence(body, finding, "log_output");
    cx.report(settings::mended(body, finding, NAME, "OFF", When::Now));
}
