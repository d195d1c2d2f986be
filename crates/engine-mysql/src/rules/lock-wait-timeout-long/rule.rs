//! `mysql/lock-wait-timeout-long`: whoever waits for a row does so for very long.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// Reports the global setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let name = "innodb_lock_wait_timeout";
    let Some(seconds) = cx.body.number(name).filter(|seconds| *seconds > cx.limit("seconds")) else { return };
    let finding = cx.finding(name, format!("a statement waits up to {} for a row", words::seconds(seconds))).why(
        "whoever waits keeps a connection and locks of its own, for which others wait, until all connections are taken",
    );
    cx.report(settings::mended(cx.body, finding, name, "50", When::NewSessions));
}
