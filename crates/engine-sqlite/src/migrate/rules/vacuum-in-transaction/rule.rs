//! `migrate/vacuum-in-transaction`: it fails there.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::Scene;
use crate::migrate::parse::Act;

/// Reports `VACUUM` while a transaction is open.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if !matches!(scene.act(), Act::Vacuum { .. }) || scene.transaction.is_none() {
        return;
    }
    let finding = cx
        .finding("database", "VACUUM fails inside a transaction")
        .why("it writes the whole file anew in a transaction of its own: it belongs behind COMMIT, or in a file that runs without one")
        .evidence("transaction", "open", "", "the statements before it")
        .change(
            Change::new([scene.sql().to_owned()], "the file's write lock while all of it is written")
                .outside_transaction()
                .irreversible("there is nothing to undo"),
        );
    cx.report(finding);
}
