//! `migrate/lock-table`: everybody waits until the tables are unlocked.

use dbwright_core::Cx;

use crate::migrate::lint::{Scene, known};
use crate::migrate::parse::Act;
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::{Name, split};

/// Reports LOCK TABLES, and the lock of all tables.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let (Act::Lock | Act::Other(_)) = scene.act() else { return };
    if let Some(found) = flushed(scene.sql()) {
        let finding = cx
            .finding("server", format!("{found} makes all writes of the server wait until UNLOCK TABLES"))
            .why("it waits for every running statement first, and every new one behind it; no change is shown: leave it out");
        cx.report(finding);
        return;
    }
    for (name, mode) in locked(scene.sql()) {
        let table = scene.world.table(&name);
        if table.quiet() {
            continue;
        }
        let who = if mode.starts_with("READ") { "writes" } else { "reads and writes" };
        let finding = cx
            .finding(table.subject(), format!("LOCK TABLES … {mode} makes {who} of {} wait until UNLOCK TABLES", table.sql()))
            .why("each statement takes the lock that it needs by itself, and until the end the session can use no table that it did not lock; no change is \
                  shown: leave it out")
            .evidence("lock", mode, "", "the statement");
        cx.report(known(finding, &table));
    }
}

fn flushed(sql: &str) -> Option<&'static str> {
    let mut cursor = Cursor::new(sql);
    if !cursor.accept(&["flush"]) {
        return None;
    }
    let _ = cursor.any(&["local", "no_write_to_binlog"]);
    cursor.any(&["tables", "table"])?;
    cursor.accept(&["with", "read", "lock"]).then_some("FLUSH TABLES WITH READ LOCK")
}

/// The tables of LOCK TABLES, each with its mode.
fn locked(sql: &str) -> Vec<(Name, String)> {
    let mut cursor = Cursor::new(sql);
    if !cursor.accept(&["lock"]) || cursor.any(&["tables", "table"]).is_none() {
        return Vec::new();
    }
    let one = |part: &str| {
        let mut cursor = Cursor::new(part);
        let name = cursor.qualified()?;
        cursor.seek(&["read", "write", "low_priority"]);
        Some((name, cursor.rest().to_uppercase()))
    };
    split(cursor.rest()).into_iter().filter_map(one).collect()
}
