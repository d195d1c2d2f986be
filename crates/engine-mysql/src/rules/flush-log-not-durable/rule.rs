//! `mysql/flush-log-not-durable`: commits return before they are on disk.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// The variable.
const NAME: &str = "innodb_flush_log_at_trx_commit";

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let Some(value) = cx.body.variable(NAME).filter(|value| *value != "1") else { return };
    let who = if value == "2" { "the machine" } else { "the server" };
    let finding = cx
        .finding(NAME, format!("a crash of {who} loses transactions that were committed"))
        .why("up to a second of transactions, of which programs were told that they are safe, is gone after it");
    cx.report(settings::mended(cx.body, finding, NAME, "1", When::Now));
}
