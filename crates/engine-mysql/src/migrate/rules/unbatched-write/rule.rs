//! `migrate/unbatched-write`: one transaction holds all row locks.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::read::rows::{Rows, rows};
use crate::migrate::lint::{KeyKind, Scene, Table, known, order_by};
use crate::migrate::parse::Act;
use crate::migrate::table::same;
use crate::migrate::text::Cursor;

/// Reports UPDATE and DELETE that can concern many rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    // What `dbwright migrate apply` runs is looked at by its plan.
    let Act::Write { verb: "UPDATE" | "DELETE", .. } = scene.act() else { return };
    let Some(said) = rows(scene.sql()).filter(|rows| scene.as_is && !rows.limited && !rows.every()) else { return };
    let Some(filter) = said.filter.or(if said.joined { Some("") } else { None }) else { return };
    let Some(table) = said.table.as_ref().map(|name| scene.world.table(name)) else { return };
    let few = table.rows.is_some_and(|rows| rows < cx.limit("rows"));
    if table.quiet() || few || names_rows(&table, filter) {
        return;
    }
    let verb = if said.verb == "UPDATE" { "updating" } else { "deleting" };
    let size = table.rows.map_or_else(|| "nobody knows how many rows".to_owned(), |rows| format!("up to {rows} rows"));
    let finding = cx
        .finding(table.subject(), format!("{verb} {size} of {} in one statement", table.sql()))
        .why("all rows that it looks at stay locked until the last one is done, replicas fall behind, and a failure throws all of it away; in batches \
              each is locked for a moment")
        .evidence("condition", if filter.is_empty() { "a join" } else { filter }, "", "the statement");
    let mut finding = known(finding, &table);
    if let Some(batch) = batch(scene.sql(), &table, &said) {
        let change = Change::new([batch], "the rows of a batch").outside_transaction();
        finding = finding.change(change.irreversible("rows are changed; write the way back yourself"));
    }
    cx.report(finding);
}

/// Whether the condition names single rows: a key, or what is called like one, is equal to literals, and no OR lets in others.
fn names_rows(table: &Table, filter: &str) -> bool {
    if Cursor::new(filter).seek(&["or", "xor", "|"]) {
        return false;
    }
    let mut cursor = Cursor::new(filter);
    while !cursor.done() {
        let Some(mut name) = cursor.name() else {
            cursor.skip();
            continue;
        };
        while cursor.accept(&["."]) {
            name = cursor.name().unwrap_or_default();
        }
        if is_key(table, &name) && equals(&mut cursor) {
            return true;
        }
    }
    false
}

/// `= literal`, or `IN (literal, …)`.
fn equals(cursor: &mut Cursor<'_>) -> bool {
    let literal =
        |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '\'' | '"' | '@' | '?' | ':'));
    if cursor.accept(&["="]) {
        return literal(cursor.peek());
    }
    if !cursor.accept(&["in"]) {
        return false;
    }
    let mut ahead = cursor.clone();
    ahead.accept(&["("]);
    literal(ahead.peek())
}

fn is_key(table: &Table, name: &str) -> bool {
    let unique = table.keys.iter().any(|key| {
        matches!(key.kind, KeyKind::Primary | KeyKind::Unique)
            && matches!(key.columns.as_slice(), [one] if same(one, name))
    });
    let called = !table.complete
        && matches!(name.to_ascii_lowercase().as_str(), "id" | "uuid" | "key" | "code" | "slug" | "name" | "email");
    unique || called
}

/// The statement over the next rows; none where several tables stand in it, or an UPDATE would find the same rows again.
fn batch(sql: &str, table: &Table, said: &Rows<'_>) -> Option<String> {
    if said.joined || said.ordered || sql.trim_start().to_ascii_lowercase().starts_with("with") {
        return None;
    }
    if said.set.is_some_and(|set| !ends(set, said.filter.unwrap_or_default())) {
        return None;
    }
    Some(format!(
        "{sql}{} LIMIT 1000 /* again and again, each in a transaction of its own, until it changes no row */",
        order_by(table)
    ))
}

/// Whether a column that is set stands in the condition, so that a changed row is not found again.
fn ends(set: &str, filter: &str) -> bool {
    let mut columns = crate::migrate::text::cursor::split(set).into_iter().filter_map(|part| Cursor::new(part).name());
    columns.any(|column| {
        let mut cursor = Cursor::new(filter);
        while !cursor.done() {
            if cursor.name().is_some_and(|name| same(&name, &column)) {
                return true;
            }
            cursor.skip();
        }
        false
    })
}
