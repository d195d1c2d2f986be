//! `sqlite/foreign-keys-off`: declared, but nothing shows that they are enforced.

use dbwright_core::{Cx, Severity};

use crate::body::SqliteBody;

/// Reports once for the file.
pub(super) fn check(cx: &mut Cx<'_, SqliteBody>) {
    let declared: usize = cx.body.catalog.user_tables().map(|table| table.foreign_keys().count()).sum();
    if declared == 0 {
        return;
    }
    let orphans: u64 = cx.body.orphans.iter().map(|orphans| orphans.rows).sum();
    let finding = cx
        .finding("database", "foreign keys are declared; SQLite enforces them only on connections that ask for it")
        .evidence("foreign_keys", declared, "constraints", "PRAGMA foreign_key_list")
        .evidence("orphan_rows", orphans, "rows", "PRAGMA foreign_key_check");
    let (proven, severity) = match orphans {
        0 => ("nothing in a file tells whether its writers enforce them; so far no row breaks one", Severity::Low),
        _ => ("the orphans show that some writer does not enforce them", Severity::Medium),
    };
    let why = format!(
        "{proven}. Run PRAGMA foreign_keys = ON on every connection; no statement stores it in the file, \
         so there is no change to apply"
    );
    cx.report(finding.severity(severity).why(why));
}
