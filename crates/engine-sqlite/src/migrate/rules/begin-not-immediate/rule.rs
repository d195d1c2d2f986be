//! `migrate/begin-not-immediate`: `SQLITE_BUSY` in the middle, without waiting.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::Scene;

/// Reports the first write of a transaction that began with reading.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(open) = &scene.transaction else { return };
    let (Some(read), false, false) = (open.read, open.immediate, open.wrote) else { return };
    if !scene.line().writes() {
        return;
    }
    let read = scene.lines[read].row;
    let mut finding = cx
        .finding(scene.file.clone(), format!("the transaction reads (line {read}) before it writes, and fails when another connection wrote meanwhile"))
        .why(
            "what it has read would be out of date, so SQLite gives SQLITE_BUSY at once, whatever the busy timeout is; a transaction that \
             begins with BEGIN IMMEDIATE waits for its turn before it reads",
        )
        .evidence("first read", read, "line", "the file");
    if open.explicit {
        let steps = ["BEGIN IMMEDIATE".to_owned(), scene.sql().to_owned(), "COMMIT".to_owned()];
        let change = Change::new(steps, "the file's write lock from BEGIN on").outside_transaction();
        finding = finding.change(change.irreversible("see the statement itself"));
    } else {
        finding.why += "; no change is shown, because the user's tool begins the transaction: let it begin with IMMEDIATE, or read elsewhere";
    }
    cx.report(finding);
}
