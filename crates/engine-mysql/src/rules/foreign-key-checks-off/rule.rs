//! `mysql/foreign-key-checks-off`: a server on which new sessions do not check foreign keys or unique keys.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the settings.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for (name, what, why, severity) in [
        (
            "foreign_key_checks",
            "foreign keys are not checked",
            "each session that connects can write rows whose parents are not there, and drop parents of rows that are; nothing finds them later, because the server never checks rows that are there. Sessions \
             that are connected keep what they have. Look for orphans with a LEFT JOIN along each key",
            Severity::High,
        ),
        (
            "unique_checks",
            "unique keys need not be checked",
            "InnoDB may take rows into a unique secondary index without looking whether their value is there; it is meant for one import whose rows are known to be unique",
            Severity::Medium,
        ),
    ] {
        if cx.body.is_on(name) != Some(false) {
            continue;
        }
        let finding = cx.finding(name, format!("{what} in sessions that connect")).severity(severity).why(why);
        cx.report(settings::mended(cx.body, finding, name, "ON", When::NewSessions));
    }
}
