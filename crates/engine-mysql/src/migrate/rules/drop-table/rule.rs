//! `migrate/drop-table`: a table goes, with its rows.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::steps::{made_name, quoted};
use crate::migrate::lint::{Scene, known};
use crate::migrate::parse::Act;

/// Reports tables that are dropped.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if let Act::Other(_) = scene.act() {
        return replaced(cx);
    }
    let Act::DropTable { tables, temporary: false, .. } = scene.act() else { return };
    for name in tables {
        let table = scene.world.table(name);
        if table.quiet() || (scene.world.known && !table.in_target) {
            continue;
        }
        let sql = table.sql();
        let own = quoted(&table.name);
        let aside = quoted(&made_name(&[&table.name], "unused"));
        let kept = format!("{}{aside}", sql.strip_suffix(&own).unwrap_or_default());
        let change =
            Change::new([format!("RENAME TABLE {sql} TO {kept}")], "the exclusive metadata lock, for a moment")
                .back([format!("RENAME TABLE {kept} TO {sql}")])
                .outside_transaction();
        let finding = cx
            .finding(table.subject(), format!("dropping {sql} breaks code that still uses it, and its rows are gone"))
            .why(
                "no undo brings rows back; first deploy code that does not know the table, then put it aside under another name, \
                 and drop it when nobody has missed it",
            )
            .change(change);
        cx.report(known(finding, &table));
    }
}

/// `CREATE OR REPLACE TABLE` of MariaDB drops what is there.
fn replaced(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let mut cursor = scene.cursor();
    if !cursor.accept(&["create", "or", "replace", "table"]) {
        return;
    }
    let Some(table) = cursor.qualified().map(|name| scene.world.table(&name)) else { return };
    if table.quiet() || (scene.world.known && !table.in_target) {
        return;
    }
    let sql = table.sql();
    let finding = cx
        .finding(table.subject(), format!("CREATE OR REPLACE TABLE drops {sql} with its rows, when it is there"))
        .why("no undo brings rows back; no change is shown: CREATE TABLE IF NOT EXISTS, or a table of another name that takes the old one's place");
    cx.report(known(finding, &table));
}
