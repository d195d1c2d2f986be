//! The statements of the load, from the schema: lookups and ranges by key, updates, rows that come and go.

use std::sync::Arc;

use dbwright_core::Failure;
use dbwright_migrate::rehearse::Template;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, ConstraintKind, Generated, Table};
use mysql_async::Error;

use super::super::rows::literal;
use crate::migrate::session::link::Link;

const SQL: Dialect = Dialect::Mysql;
/// Keys of each table that are used.
const KEYS: usize = 1_000;
/// Rows that a range reads.
const RANGE: usize = 20;

/// All statements that work on these tables as they are now.
///
/// # Errors
/// When the connection breaks.
pub(in super::super) async fn templates(link: &mut Link, tables: &[&Table]) -> Result<Vec<Template>, Failure> {
    let mut all = Vec::new();
    for table in tables {
        let Some(key) = key(table) else { continue };
        let keys = values(link, table, &key).await?;
        if keys.is_empty() {
            continue;
        }
        // Of each kind the first that works.
        let bound = tables.iter().any(|other| other.foreign_keys().any(|(_, to)| to.id == Some(table.id)));
        for kind in of_table(table, &key, &keys, bound) {
            for template in kind {
                if works(link, &template).await? {
                    all.push(template);
                    break;
                }
            }
        }
    }
    Ok(all)
}

/// The columns of a key: the primary key's, else those of a unique index over whole columns that are never null.
fn key(table: &Table) -> Option<Vec<&Column>> {
    let mut indexes: Vec<_> = table.indexes.iter().filter(|index| index.unique && index.valid).collect();
    indexes.sort_by_key(|index| !index.primary);
    let fits = |column: &&Column| column.not_null;
    indexes
        .iter()
        .find_map(|index| index.keys.iter().map(|key| table.column(key.column.as_deref()?).filter(fits)).collect())
}

/// Literals of the key's columns in some rows.
async fn values(link: &mut Link, table: &Table, key: &[&Column]) -> Result<Vec<Vec<String>>, Failure> {
    let columns: Vec<String> = key.iter().map(|column| literal::shown(column)).collect();
    let name = SQL.qualified(&table.schema, &table.name);
    let sql = format!("SELECT /* dbwright */ {} FROM {name} ORDER BY RAND(7) LIMIT {KEYS}", columns.join(", "));
    let rows = link.rows(&sql).await.map_err(|e| lost(&e))?;
    let row = |row: &Vec<Option<String>>| {
        key.iter().zip(row).map(|(column, cell)| literal::of(column, cell.as_deref())).collect()
    };
    Ok(rows.iter().map(row).collect())
}

/// The kinds of statements, each in the ways in which it can be said, the best first. `bound`: other rows refer to these.
fn of_table(table: &Table, key: &[&Column], keys: &[Vec<String>], bound: bool) -> Vec<Vec<Template>> {
    let name = SQL.qualified(&table.schema, &table.name);
    let equal = conditions(key, keys, "=");
    let make = |head: String| Template { head, keys: equal.clone(), ..Template::default() };
    let all: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let read = make(format!("SELECT {} FROM {name} WHERE ", SQL.names(&all)));
    let mut found = vec![vec![read.clone()], vec![read]];
    if let [first] = key {
        let tail = format!(" ORDER BY {} LIMIT {RANGE}", SQL.ident(&first.name));
        let head = format!("SELECT {} FROM {name} WHERE ", SQL.names(&all));
        found.push(vec![Template { head, keys: conditions(key, keys, ">="), tail, clean_up: None }]);
    }
    let updates = changes(table).into_iter().map(|change| make(format!("UPDATE {name} SET {change} WHERE ")));
    found.push(updates.collect());
    found.push(inserts(table, key, &equal, bound));
    found
}

fn conditions(key: &[&Column], keys: &[Vec<String>], operator: &str) -> Arc<Vec<String>> {
    let condition = |values: &Vec<String>| {
        let parts =
            key.iter().zip(values).map(|(column, value)| format!("{} {operator} {value}", SQL.ident(&column.name)));
        parts.collect::<Vec<_>>().join(" AND ")
    };
    Arc::new(keys.iter().map(condition).collect())
}

/// What an update may set: first what changes the row, as far as every value of a type allows it, then what leaves it as it is.
fn changes(table: &Table) -> Vec<String> {
    let keyed = |column: &Column| {
        let indexed =
            table.indexes.iter().any(|index| index.keys.iter().any(|key| key.column.as_ref() == Some(&column.name)));
        indexed || table.foreign_keys().any(|(key, _)| key.columns.contains(&column.name))
    };
    let checked = |column: &Column| {
        let checks = table.constraints.iter().filter(|one| one.kind == ConstraintKind::Check);
        checks.filter_map(|one| one.definition.as_ref()).any(|text| text.contains(&column.name))
    };
    let free: Vec<&Column> =
        table.columns.iter().filter(|column| column.generated.is_none() && !keyed(column)).collect();
    let whole = |column: &&&Column| {
        let base = column.base_type.trim_end_matches(" unsigned");
        matches!(base, "tinyint" | "smallint" | "mediumint" | "int" | "bigint") && !checked(column)
    };
    let turn = |column: &&Column| {
        let name = SQL.ident(&column.name);
        // Even and odd change places, which no limit of a type is between.
        format!("{name} = {name} + IF({name} % 2 = 0, 1, -1)")
    };
    let same = |column: &&Column| {
        let name = SQL.ident(&column.name);
        format!("{name} = {name}")
    };
    free.iter().filter(whole).map(turn).chain(free.iter().map(same)).collect()
}

/// Copies a row under a key that the server makes and deletes the copy; else deletes a row and inserts it again.
fn inserts(table: &Table, key: &[&Column], keys: &Arc<Vec<String>>, bound: bool) -> Vec<Template> {
    let name = SQL.qualified(&table.schema, &table.name);
    // The row is locked as it will be: two that share it first would end in a deadlock.
    let tail = " FOR UPDATE".to_owned();
    let stored = |column: &&Column| !matches!(column.generated, Some(Generated::Stored | Generated::Virtual));
    let columns: Vec<&Column> = table.columns.iter().filter(stored).collect();
    let all: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let mut found = Vec::new();
    if let [own] = key
        && own.generated == Some(Generated::Autoincrement)
    {
        let others: Vec<&&Column> = columns.iter().filter(|column| column.name != own.name).collect();
        let unique = |column: &Column| {
            let of = |index: &&dbwright_sql::model::Index| index.unique && !index.primary;
            table.indexes.iter().filter(of).any(|index| index.leading_columns().any(|name| name == column.name))
        };
        let value = |column: &&&Column| {
            if unique(column) && !column.not_null { "NULL".to_owned() } else { SQL.ident(&column.name) }
        };
        let names = SQL.names(others.iter().map(|column| &column.name));
        let values: Vec<String> = others.iter().map(value).collect();
        let head = if others.is_empty() {
            format!("INSERT INTO {name} () VALUES () -- ")
        } else {
            format!("INSERT INTO {name} ({names}) SELECT {} FROM {name} WHERE ", values.join(", "))
        };
        let clean_up = Some(format!("DELETE FROM {name} WHERE {} = ", SQL.ident(&own.name)));
        found.push(Template { head, keys: keys.clone(), tail: tail.clone(), clean_up });
    }
    // Rows that refer to it would go with the row, or hold it.
    if bound {
        return found;
    }
    let names = SQL.names(&all);
    let head = format!("REPLACE INTO {name} ({names}) SELECT {names} FROM {name} WHERE ");
    found.push(Template { head, keys: keys.clone(), tail, clean_up: None });
    found
}

/// Tried and taken back: what the schema forbids is no part of the load.
async fn works(link: &mut Link, template: &Template) -> Result<bool, Failure> {
    let turn = template.turn(&mut |_| 0);
    link.run("START TRANSACTION /* dbwright */").await.map_err(|e| lost(&e))?;
    let tried = link.run(&turn.sql).await;
    link.run("ROLLBACK /* dbwright */").await.map_err(|e| lost(&e))?;
    Ok(tried.is_ok())
}

fn lost(error: &Error) -> Failure {
    Failure::internal("rehearse.load", format!("the load can't be made: {}", crate::error::text(error)))
}
