//! `migrate/drop-table`: a table goes, with its rows.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::Scene;
use crate::migrate::lint::quoted;
use crate::migrate::parse::{Act, Kind};

/// Reports tables that are dropped.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Drop { kind: Kind::Table, name, .. } = scene.act() else { return };
    let Some(table) = scene.busy() else { return };
    // What takes the name over, or has the rows already, is looked at by the rules about rebuilds.
    if (scene.world.known && !table.in_target) || scene.taken_over(name) || scene.renamed_here(name) {
        return;
    }
    let aside = quoted(&format!("{}_unused", table.name));
    let change =
        Change::new([format!("ALTER TABLE {} RENAME TO {aside}", table.sql())], "the file's write lock for a moment")
            .back([format!("ALTER TABLE {aside} RENAME TO {}", table.sql())]);
    let finding = cx
        .finding(table.subject(), format!("dropping {} breaks code that still uses it, and its rows are gone", table.sql()))
        .why(
            "no undo brings rows back; first deploy code that does not know the table, then put it aside under another name, and drop it \
             when nobody has missed it",
        )
        .change(change);
    cx.report(table.numbers(finding));
}
