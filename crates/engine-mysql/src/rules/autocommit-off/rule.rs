//! `mysql/autocommit-off`: every session is in a transaction all the time.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the global setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let name = "autocommit";
    if cx.body.is_on(name) != Some(false) {
        return;
    }
    let finding = cx.finding(name, "sessions that connect are in a transaction until they say COMMIT").why(
        "one that only reads keeps old row versions and metadata locks, for which ALTER TABLE and all behind it wait; one that writes loses it when its \
         connection ends; a program that relies on it has to begin its transactions first",
    );
    cx.report(settings::mended(cx.body, finding, name, "ON", When::NewSessions));
}
