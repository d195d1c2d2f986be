//! `migrate/pragma-in-transaction`: settings that have to come before `BEGIN`.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::Scene;
use crate::migrate::parse::Act;

/// Reports settings that SQLite does not take inside a transaction.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Pragma { name, value: Some(value) } = scene.act() else { return };
    if scene.transaction.is_none() {
        return;
    }
    let (severity, what) = match name.as_str() {
        "foreign_keys" => (Severity::High, "does nothing inside a transaction, and says nothing"),
        "journal_mode" => {
            (Severity::High, "fails inside a transaction where it would change to or from the write-ahead log")
        }
        "synchronous" => (Severity::Medium, "fails inside a transaction"),
        _ => return,
    };
    let why = if name == "foreign_keys" {
        "what follows runs as if it were not there: with foreign keys still enforced, DROP TABLE deletes or fails by ON DELETE; no change is \
         shown: the line belongs before BEGIN"
    } else {
        "the rest of the file is not run, or without the transaction that was meant; no change is shown: the line belongs before BEGIN"
    };
    let finding = cx
        .finding(format!("pragma {name}"), format!("PRAGMA {name} = {value} {what}"))
        .severity(severity)
        .why(why)
        .evidence("transaction", "open", "", "the statements before it");
    cx.report(finding);
}
