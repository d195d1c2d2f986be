//! The statements of the load, from the schema: lookups by key, updates that change nothing, copies with new keys.

use std::sync::Arc;

use dbwright_core::Failure;
use dbwright_migrate::rehearse::Template;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, ConstraintKind, Generated, Table};
use tokio_postgres::Client;

const SQL: Dialect = Dialect::Postgres;
/// Keys of each table that are used.
const KEYS: usize = 1_000;

/// All statements that work on these tables as they are now.
///
/// # Errors
/// When the connection breaks.
pub(in super::super) async fn templates(client: &Client, tables: &[&Table]) -> Result<Vec<Template>, Failure> {
    let mut all = Vec::new();
    for table in tables {
        let keys = Arc::new(conditions(client, table).await?);
        if keys.is_empty() {
            continue;
        }
        for template in of_table(table, &keys) {
            if works(client, &template).await? {
                all.push(template);
            }
        }
    }
    Ok(all)
}

/// The columns of a key: the primary key's, else those of a unique index over columns that are never null.
pub(in super::super) fn key(table: &Table) -> Option<Vec<&Column>> {
    let primary = table.constraints.iter().find(|one| one.kind == ConstraintKind::PrimaryKey);
    if let Some(primary) = primary {
        return primary.columns.iter().map(|name| table.column(name)).collect();
    }
    let fits = |column: &&Column| column.not_null;
    table
        .indexes
        .iter()
        .filter(|index| index.unique && index.valid && index.predicate.is_none())
        .find_map(|index| index.keys.iter().map(|key| table.column(key.column.as_deref()?).filter(fits)).collect())
}

/// Conditions that each find one row of a table.
async fn conditions(client: &Client, table: &Table) -> Result<Vec<String>, Failure> {
    let name = SQL.qualified(&table.schema, &table.name);
    let columns: Vec<String> = match key(table) {
        Some(columns) => columns.iter().map(|column| SQL.ident(&column.name)).collect(),
        None => vec!["ctid".to_owned()],
    };
    let parts: Vec<String> = columns
        .iter()
        .map(|column| format!("{} || pg_catalog.quote_literal({column}::text)", SQL.literal(&format!("{column} = "))))
        .collect();
    let sql = format!(
        "/* dbwright */ SELECT {} FROM {name} ORDER BY pg_catalog.hashtext(ROW({})::text) LIMIT {KEYS}",
        parts.join(" || ' AND ' || "),
        columns.join(", ")
    );
    let rows = client.query(&sql, &[]).await.map_err(|e| lost(&e))?;
    Ok(rows.iter().filter_map(|row| row.get(0)).collect())
}

fn of_table(table: &Table, keys: &Arc<Vec<String>>) -> Vec<Template> {
    let name = SQL.qualified(&table.schema, &table.name);
    let all: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let make = |head: String| Template { head, keys: keys.clone(), tail: String::new(), clean_up: None };
    let read = make(format!("SELECT {} FROM {name} WHERE ", SQL.names(&all)));
    let mut found = vec![read.clone(), read];
    if let Some(column) = changeable(table) {
        let column = SQL.ident(column);
        found.push(make(format!("UPDATE {name} SET {column} = {column} WHERE ")));
    }
    found.extend(copies(table, &name, keys));
    found
}

/// A column that an update may set to itself; one outside of keys when there is one.
fn changeable(table: &Table) -> Option<&str> {
    let written = |column: &&Column| !matches!(column.generated, Some(Generated::Stored | Generated::Virtual));
    let keyed = |column: &&Column| {
        table.indexes.iter().any(|index| index.leading_columns().any(|name| name == column.name))
            || column.generated == Some(Generated::IdentityAlways)
    };
    let mut columns = table.columns.iter().filter(written);
    let free = columns.clone().find(|column| !keyed(column));
    let identity = |column: &&Column| column.generated != Some(Generated::IdentityAlways);
    free.or_else(|| columns.find(identity)).map(|column| column.name.as_str())
}

/// Copies a row under a new key and deletes the copy, where the server makes keys by itself.
fn copies(table: &Table, name: &str, keys: &Arc<Vec<String>>) -> Option<Template> {
    let key = key(table)?;
    let [key] = key.as_slice() else { return None };
    if !made_by_server(key) {
        return None;
    }
    let copied = table.columns.iter().filter(|column| column.generated.is_none() && !made_by_server(column));
    let copied: Vec<&str> = copied.map(|column| column.name.as_str()).collect();
    let (columns, key) = (SQL.names(&copied), SQL.ident(&key.name));
    let head = if copied.is_empty() {
        format!("INSERT INTO {name} DEFAULT VALUES RETURNING pg_catalog.quote_literal({key}::text) -- ")
    } else {
        format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM {name} WHERE ")
    };
    let tail =
        if copied.is_empty() { String::new() } else { format!(" RETURNING pg_catalog.quote_literal({key}::text)") };
    let clean_up = Some(format!("DELETE FROM {name} WHERE {key} = "));
    Some(Template { head, keys: keys.clone(), tail, clean_up })
}

fn made_by_server(column: &Column) -> bool {
    let identity = [Some(Generated::IdentityAlways), Some(Generated::IdentityByDefault)];
    let made = |default: &String| ["nextval(", "uuid"].iter().any(|word| default.contains(word));
    identity.contains(&column.generated) || column.default.as_ref().is_some_and(made)
}

/// Tried and taken back: what the schema forbids is no part of the load.
async fn works(client: &Client, template: &Template) -> Result<bool, Failure> {
    let turn = template.turn(&mut |_| 0);
    client.batch_execute("BEGIN").await.map_err(|e| lost(&e))?;
    let tried = client.batch_execute(&turn.sql).await;
    client.batch_execute("ROLLBACK").await.map_err(|e| lost(&e))?;
    Ok(tried.is_ok())
}

fn lost(error: &tokio_postgres::Error) -> Failure {
    Failure::internal("rehearse.load", format!("the load can't be made: {}", crate::error::text(error)))
}
