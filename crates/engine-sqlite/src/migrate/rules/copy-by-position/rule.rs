//! `migrate/copy-by-position`: `INSERT INTO new SELECT * FROM old` puts values into the wrong columns.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::Scene;
use crate::migrate::lint::quoted;
use crate::migrate::parse::{Act, Cursor};

/// Reports copies of whole rows between tables whose columns stand in another order.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let (Act::Insert { .. }, Some(into)) = (scene.act(), &scene.table) else { return };
    let Some(source) = source(scene.sql()) else { return };
    let from = scene.world.table(&source);
    let (Some(left), Some(right)) = (into.columns(), from.columns()) else { return };
    let at_another_place = |at: usize, name: &String| {
        right.iter().position(|other| other.eq_ignore_ascii_case(name)).is_some_and(|other| other != at)
    };
    let Some(first) = left.iter().enumerate().find(|(at, name)| at_another_place(*at, name)) else { return };
    // With another number of columns SQLite refuses the statement, which another rule tells.
    if left.len() != right.len() {
        return;
    }
    let common: Vec<String> = left
        .iter()
        .filter(|name| right.iter().any(|other| other.eq_ignore_ascii_case(name)))
        .map(|c| quoted(c))
        .collect();
    let list = common.join(", ");
    let sql = format!("INSERT INTO {} ({list}) SELECT {list} FROM {}", into.sql(), from.sql());
    let finding = cx
        .finding(into.subject(), format!("{} of {} gets the values of {}", quoted(first.1), into.sql(), quoted(&right[first.0])))
        .why("SELECT * gives columns in the order of the old table, and INSERT without a list takes them in that of the new one")
        .evidence("order", format!("{} / {}", left.join(", "), right.join(", ")), "", "the columns of both")
        .change(Change::new([sql], "the file's write lock until the rows are copied").back([format!("DELETE FROM {}", into.sql())]));
    cx.report(finding);
}

/// The table of `INSERT INTO … SELECT * FROM table`.
fn source(sql: &str) -> Option<String> {
    let mut cursor = Cursor::new(sql);
    cursor.skip();
    if cursor.accept(&["or"]) {
        cursor.skip();
    }
    cursor.accept(&["into"]);
    cursor.qualified()?;
    if !cursor.accept(&["select", "*", "from"]) {
        return None;
    }
    Some(cursor.qualified()?.1)
}
