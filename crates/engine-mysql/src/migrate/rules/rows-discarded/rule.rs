//! `migrate/rows-discarded`: rows go by a word that is easily read over.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;
use crate::migrate::lint::steps::quoted;
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::Name;

/// Reports `ALTER IGNORE TABLE`.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(name) = ignoring(scene.sql()) else { return };
    let table = scene.world.table(&name);
    if table.quiet() {
        return;
    }
    let title = format!("rows of {} that don't fit are removed or cut without an error", quoted(&table.name));
    let finding = cx
        .finding(table.subject(), title)
        .why(
            "with IGNORE a new unique key removes all but one of the rows that share a value, and which one stays is not said; too long and \
             impossible values are cut; no change is shown: find and mend such rows first, then alter without IGNORE",
        )
        .at(scene.place());
    cx.report(finding);
}

/// The table that a statement alters with `IGNORE`.
fn ignoring(sql: &str) -> Option<Name> {
    let mut cursor = Cursor::new(sql);
    cursor.accept(&["alter"]).then_some(())?;
    cursor.accept(&["online"]);
    cursor.accept(&["ignore", "table"]).then_some(())?;
    cursor.accept(&["if", "exists"]);
    cursor.qualified()
}
