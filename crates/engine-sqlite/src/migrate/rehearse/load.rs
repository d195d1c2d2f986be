//! The statements of the load, from the schema: lookups by key, updates that change nothing, copies with new keys.

use std::sync::Arc;

use dbwright_migrate::rehearse::Template;
use dbwright_sql::model::{Column, Generated, Table};
use rusqlite::Connection;

use super::stage::SQL;
use crate::migrate::schema::main_name;
use crate::observe::rowid;

/// Keys of each table that are used.
const KEYS: usize = 1_000;

/// All statements that work on these tables as they are now.
///
/// # Errors
/// When the copy can't be read.
pub(super) fn templates(db: &Connection, tables: &[&Table]) -> rusqlite::Result<Vec<Template>> {
    let mut all = Vec::new();
    for table in tables {
        let keys = Arc::new(conditions(db, table)?);
        if keys.is_empty() {
            continue;
        }
        for template in of_table(table, &keys) {
            if works(db, &template)? {
                all.push(template);
            }
        }
    }
    Ok(all)
}

/// Conditions that each find one row.
fn conditions(db: &Connection, table: &Table) -> rusqlite::Result<Vec<String>> {
    let name = main_name(&table.name);
    let by_rowid = rowid(table).filter(|rowid| db.prepare(&format!("SELECT {rowid} FROM {name}")).is_ok());
    let parts: Vec<String> = if let Some(rowid) = by_rowid {
        vec![format!("'{rowid} = ' || {rowid}")]
    } else {
        let key = table.primary_key().map(|key| key.columns.clone()).unwrap_or_default();
        let part = |column: &String| {
            let column = SQL.ident(column);
            format!("{} || quote({column})", SQL.literal(&format!("{column} = ")))
        };
        key.iter().map(part).collect()
    };
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT {} FROM {name} ORDER BY random() LIMIT {KEYS}", parts.join(" || ' AND ' || "));
    let mut statement = db.prepare(&sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}

fn of_table(table: &Table, keys: &Arc<Vec<String>>) -> Vec<Template> {
    let name = main_name(&table.name);
    let make = |head: String| Template { head, keys: Arc::clone(keys), tail: String::new(), clean_up: None };
    let all = SQL.names(table.columns.iter().map(|column| column.name.as_str()));
    let read = make(format!("SELECT {all} FROM {name} WHERE "));
    let mut found = vec![read.clone(), read];
    if let Some(column) = changeable(table) {
        let column = SQL.ident(&column.name);
        found.push(make(format!("UPDATE {name} SET {column} = {column} WHERE ")));
    }
    let copied = table.columns.iter().filter(|column| column.generated.is_none());
    let columns = SQL.names(copied.map(|column| column.name.as_str()));
    if let Some(rowid) = rowid(table).filter(|_| !columns.is_empty()) {
        let mut copy = make(format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM {name} WHERE "));
        copy.clean_up = Some(format!("DELETE FROM {name} WHERE {rowid} = "));
        found.push(copy);
    }
    found
}

/// A column that an update may set to itself; one outside of keys when there is one.
fn changeable(table: &Table) -> Option<&Column> {
    let written = |column: &&Column| !matches!(column.generated, Some(Generated::Stored | Generated::Virtual));
    let keyed = |column: &&Column| {
        table.indexes.iter().any(|index| index.leading_columns().any(|name| name == column.name))
            || column.generated.is_some()
    };
    let mut columns = table.columns.iter().filter(written);
    columns.clone().find(|column| !keyed(column)).or_else(|| columns.next())
}

/// Tried and taken back: what the schema forbids is no part of the load.
fn works(db: &Connection, template: &Template) -> rusqlite::Result<bool> {
    let turn = template.turn(&mut |_| 0);
    db.execute_batch("BEGIN IMMEDIATE")?;
    let tried = db.execute_batch(&turn.sql);
    db.execute_batch("ROLLBACK")?;
    Ok(tried.is_ok())
}
