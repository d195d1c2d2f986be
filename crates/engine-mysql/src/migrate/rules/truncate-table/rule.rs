//! `migrate/truncate-table`: all rows go, and everybody waits.

use dbwright_core::Cx;

use crate::migrate::lint::{Scene, known};
use crate::migrate::parse::Act;

/// Reports TRUNCATE of tables with rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Truncate { table } = scene.act() else { return };
    let table = scene.world.table(table);
    if table.quiet() {
        return;
    }
    let finding = cx.finding(table.subject(), format!("TRUNCATE removes all rows of {}", table.sql())).why(
        "no undo brings them back, running transactions are waited for and whatever comes later waits behind; no change is shown: \
         when the rows are really wanted away, say so in a comment, or delete them in batches",
    );
    cx.report(known(finding, &table));
}
