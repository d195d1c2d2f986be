//! `mysql/max-packet-small`: rows and statements that are not large at all are refused.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// What both take at the least.
const SOUND: &str = "16777216";

/// Reports the global setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let name = "max_allowed_packet";
    let Some(bytes) = cx.body.number(name).filter(|bytes| *bytes < cx.limit("bytes")) else { return };
    let finding = cx
        .finding(name, format!("no statement and no row may be larger than {}", words::bytes(whole(bytes))))
        .severity(if bytes < cx.limit("tiny_bytes") { Severity::Medium } else { Severity::Low })
        .why(
            "a larger INSERT fails and its connection is ended, a larger row can't be read, and a dump that an ordinary client made \
             (its statements have up to 16 MiB) can't be loaded",
        );
    cx.report(settings::mended(cx.body, finding, name, SOUND, When::NewSessions));
}

/// The server tells whole bytes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a limit between 1 KiB and 1 GiB")]
const fn whole(bytes: f64) -> u64 {
    bytes as u64
}
