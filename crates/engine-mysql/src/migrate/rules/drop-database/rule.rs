//! `migrate/drop-database`: everything goes.

use dbwright_core::Cx;
use dbwright_sql::Dialect;

use crate::migrate::lint::Scene;
use crate::migrate::parse::Act;
use crate::migrate::text::Cursor;

/// Reports databases that are dropped.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Other(_) = scene.act() else { return };
    let Some((_, name)) = database(scene.sql(), "drop") else { return };
    let made = |sql: &str| database(sql, "create").is_some_and(|(certain, own)| certain && own == name);
    if scene.before().iter().any(|line| matches!(line.act, Act::Other(_)) && made(&line.sql)) {
        return;
    }
    let shown = Dialect::Mysql.name(&name);
    let tables = scene.world.tables().filter(|table| table.schema == name).count();
    let finding = cx
        .finding(Dialect::Mysql.subject(&[&name]), format!("dropping database {shown} removes all that is in it"))
        .why("tables, views, routines and events are gone at once, and only a backup brings them back; no change is shown: it has no place in a migration")
        .evidence("tables", tables, "tables", if scene.world.known { "information_schema.TABLES" } else { "no target was looked at" });
    cx.report(finding);
}

/// The database that a statement makes or drops, and whether it is certain that it does.
fn database(sql: &str, verb: &str) -> Option<(bool, String)> {
    let mut cursor = Cursor::new(sql);
    if !cursor.accept(&[verb]) {
        return None;
    }
    cursor.any(&["database", "schema"])?;
    let certain = !cursor.accept(&["if", "not", "exists"]);
    cursor.accept(&["if", "exists"]);
    Some((certain, cursor.name()?))
}
