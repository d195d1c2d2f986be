//! Fills the tables of a stage with made-up rows.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_migrate::rehearse::rows::Pieces;
use dbwright_sql::Dialect;
use dbwright_sql::model::{ObjectId, Table};

use super::values::Values;
use super::{FILLING, SCHEMA, lost};
use crate::body::Body;
use crate::migrate::session::link::Link;

const SQL: Dialect = Dialect::Mysql;
/// Rows that are made with one statement.
const CHUNK: u64 = 10_000;

/// Makes the rows; returns what could not be made.
pub(in super::super) async fn make(
    stage: &mut Link,
    body: &Body,
    tables: &[&Table],
    rows: &HashMap<ObjectId, u64>,
    progress: &dyn Progress,
) -> Result<Vec<String>, Failure> {
    numbers(stage).await?;
    stage.run(FILLING).await.map_err(|e| lost(&e))?;
    let values = Values { body, rows };
    let mut untold = Vec::new();
    for table in tables {
        let count = rows.get(&table.id).copied().unwrap_or(0);
        if let Err(reason) = fill(stage, &values, table, count, progress).await? {
            untold.push(format!("{}.{} has not all its made-up rows: {reason}", table.schema, table.name));
        }
    }
    Ok(untold)
}

/// A table of the numbers from 1 on, which neither server makes by itself in every version.
async fn numbers(stage: &mut Link) -> Result<(), Failure> {
    let digits = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
        UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    let statements = [
        format!("CREATE DATABASE IF NOT EXISTS {SCHEMA}"),
        format!("DROP TABLE IF EXISTS {SCHEMA}.numbers"),
        format!("CREATE TABLE {SCHEMA}.numbers (n bigint NOT NULL PRIMARY KEY) ENGINE=InnoDB"),
        format!(
            "INSERT INTO {SCHEMA}.numbers SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d \
             FROM {digits} a, {digits} b, {digits} c, {digits} e"
        ),
    ];
    for sql in &statements {
        stage.run(sql).await.map_err(|e| lost(&e))?;
    }
    Ok(())
}

async fn fill(
    stage: &mut Link,
    values: &Values<'_>,
    table: &Table,
    count: u64,
    progress: &dyn Progress,
) -> Result<Result<(), String>, Failure> {
    let name = SQL.qualified(&table.schema, &table.name);
    let columns = values.of_table(table);
    let names = SQL.names(columns.iter().map(|(name, _)| name));
    let expressions: Vec<&str> = columns.iter().map(|(_, expression)| expression.as_str()).collect();
    let mut pieces = Pieces::of(table, count, CHUNK, progress);
    while let Some((done, rows)) = pieces.next_piece()? {
        let from = format!("FROM (SELECT {done} + n AS g FROM {SCHEMA}.numbers WHERE n <= {rows}) AS made");
        let sql = format!("INSERT INTO {name} ({names}) SELECT {} {from}", expressions.join(", "));
        let made = if columns.is_empty() { empty(stage, &name, rows).await } else { stage.run(&sql).await };
        if let Err(error) = made {
            return if stage.lost() { Err(lost(&error)) } else { Ok(Err(crate::error::text(&error))) };
        }
    }
    Ok(Ok(()))
}

/// Rows in which the server makes everything itself.
async fn empty(stage: &mut Link, name: &str, rows: u64) -> Result<u64, mysql_async::Error> {
    let tuples = vec!["()"; usize::try_from(rows).unwrap_or(0)].join(",");
    stage.run(&format!("INSERT INTO {name} () VALUES {tuples}")).await
}
