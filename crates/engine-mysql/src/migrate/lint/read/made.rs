//! Tables and columns that a statement makes or defines anew.

use super::super::effect;
use crate::migrate::lint::{Definition, Scene, Table, TableRef};
use crate::migrate::parse::{Act, Action};
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::split;

/// The table that a `CREATE TABLE` makes, as far as its own text says.
pub(in crate::migrate) fn made(scene: &Scene) -> Option<Table> {
    let Act::CreateTable { table, temporary, rows, .. } = scene.act() else { return None };
    let mut made = effect::read(&scene.world, table, scene.sql()).unwrap_or_else(|| {
        let named = scene.world.table(table);
        Table { complete: false, ..(*named).clone() }
    });
    made.temporary = *temporary;
    made.complete &= !rows;
    Some(made)
}

/// Whether a `CREATE TABLE` takes its columns from another table or from a query.
pub(in crate::migrate) fn derived(scene: &Scene) -> bool {
    let Act::CreateTable { rows, .. } = scene.act() else { return false };
    let mut cursor = scene.cursor();
    cursor.seek(&["table"]);
    cursor.skip();
    cursor.accept(&["if", "not", "exists"]);
    cursor.qualified();
    cursor.accept(&["("]);
    *rows || cursor.is("like")
}

/// A column that a statement makes or defines anew.
#[derive(Debug)]
pub(in crate::migrate) struct Given {
    /// Its table, before the statement or as it is made.
    pub(in crate::migrate) table: TableRef,
    pub(in crate::migrate) name: String,
    /// As it is written.
    pub(in crate::migrate) definition: Definition,
    /// Whether the statement makes the table.
    pub(in crate::migrate) new_table: bool,
    /// First byte of its name in the statement, as far as it is found.
    pub(in crate::migrate) at: usize,
}

/// All such columns of the statement.
pub(in crate::migrate) fn given(scene: &Scene) -> Vec<Given> {
    if let Some(table) = made(scene) {
        if derived(scene) {
            return Vec::new();
        }
        let table = TableRef::new(table);
        let one = |(part, at): (String, usize)| {
            let (name, text) = column(&part)?;
            let definition = Definition::read(&text);
            Some(Given { table: TableRef::clone(&table), name, definition, new_table: true, at })
        };
        return items(scene.sql()).into_iter().filter_map(one).collect();
    }
    let Act::Alter { table, clauses, .. } = scene.act() else { return Vec::new() };
    let table = scene.world.table(table);
    let mut found = Vec::new();
    for clause in clauses {
        let at = scene.sql().find(&clause.text).unwrap_or(0);
        let mut push = |name: &str, text: &str| {
            let definition = Definition::read(text);
            found.push(Given {
                table: TableRef::clone(&table),
                name: name.to_owned(),
                definition,
                new_table: false,
                at,
            });
        };
        match &clause.action {
            Action::AddColumns(columns) => columns.iter().for_each(|(name, text)| push(name, text)),
            Action::Modify { column, definition } => push(column, definition),
            Action::Change { to, definition, .. } => push(to, definition),
            _ => {}
        }
    }
    found
}

/// What stands between the parentheses of `CREATE TABLE`, piece by piece, with its first byte.
pub(in crate::migrate) fn items(sql: &str) -> Vec<(String, usize)> {
    let mut cursor = Cursor::new(sql);
    if !cursor.seek(&["table"]) {
        return Vec::new();
    }
    cursor.skip();
    cursor.accept(&["if", "not", "exists"]);
    cursor.qualified();
    let Some(range) = cursor.parens() else { return Vec::new() };
    let mut from = range.start;
    let body = cursor.slice(range);
    let place = |part: &str| {
        let at = sql.get(from..).and_then(|rest| rest.find(part)).map_or(from, |at| from + at);
        from = at + part.len();
        (part.to_owned(), at)
    };
    split(body).into_iter().map(place).collect()
}

fn column(text: &str) -> Option<(String, String)> {
    let mut cursor = Cursor::new(text);
    let keys = ["primary", "unique", "index", "key", "fulltext", "spatial", "constraint", "foreign", "check", "period"];
    if cursor.is_any(&keys) {
        return None;
    }
    Some((cursor.name()?, cursor.rest().to_owned()))
}

/// What stands behind the parenthesis of `CREATE TABLE`: its options.
pub(in crate::migrate) fn options(sql: &str) -> &str {
    let mut cursor = Cursor::new(sql);
    if !cursor.seek(&["table"]) {
        return "";
    }
    cursor.skip();
    cursor.accept(&["if", "not", "exists"]);
    cursor.qualified();
    cursor.parens();
    let from = cursor.start();
    cursor.seek(&["partition", "as", "select", "values", "with", "like"]);
    &sql[from.min(cursor.start())..cursor.start()]
}
