//! `migrate/writable-schema`: a typing error makes the file unreadable.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;
use crate::migrate::parse::Act;

/// Reports `PRAGMA writable_schema` being switched on.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Pragma { name, value: Some(value) } = scene.act() else { return };
    if name != "writable_schema" || !matches!(value.as_str(), "on" | "1" | "true" | "yes") {
        return;
    }
    let finding = cx
        .finding("database", "the file writes to sqlite_schema past SQLite")
        .why(
            "SQLite checks nothing of what is written there: one wrong character and no connection can open the database any more; no change is \
             shown: say with ALTER TABLE what the table should be, `dbwright migrate apply` makes it anew where SQLite can't change it",
        )
        .evidence("writable_schema", value.as_str(), "", "the statement");
    cx.report(finding);
}
