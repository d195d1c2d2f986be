//! Copies rows of the target. A table that is too large for the limit is copied in part; rows that the copied ones refer to are
//! fetched as well, and what then still refers to a row that was left out is removed, so that every foreign key leads somewhere.

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Table};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error, Row, Value};

use super::{FILLING, literal, lost, missing, spread, stored};
use crate::migrate::session::link::Link;

const SQL: Dialect = Dialect::Mysql;
/// How long the target may take to accept a connection.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
/// Bytes of rows that are copied without a limit of the user's.
const MOST: u64 = 2 << 30;
/// Bytes of one statement, about.
const BATCH: usize = 512 << 10;
/// How often it is looked whether copied rows refer to rows that are missing.
const ROUNDS: usize = 50;

/// Copies; returns a note when it is a part only.
pub(crate) async fn copy(
    address: &Address,
    stage: &mut Link,
    tables: &[&Table],
    limit: Option<u64>,
    progress: &dyn Progress,
) -> Result<Vec<String>, Failure> {
    let mut source = crate::connect::open(address, PATIENCE).await?.conn;
    for sql in READING {
        source.query_drop(sql).await.map_err(|e| unread(&e))?;
    }
    stage.run(FILLING).await.map_err(|e| lost(&e))?;
    let mut cut = Vec::new();
    for (table, share) in shares(tables, limit.unwrap_or(MOST)) {
        progress.stage(&format!("copying rows of {}.{}", table.schema, table.name), None);
        copy_one(&mut source, stage, table, share, progress).await?;
        if share < 1.0 {
            cut.push(format!("{}.{} ({:.0} %)", table.schema, table.name, share * 100.0));
        }
    }
    if cut.is_empty() {
        return Ok(Vec::new());
    }
    missing::fetch(&mut source, stage, tables, progress).await?;
    whole_keys(stage, tables).await?;
    Ok(vec![format!("only a part of {} is copied, and of the others what fits to them", cut.join(", "))])
}

/// A reader's session: one view of all tables, and nothing written.
const READING: [&str; 3] = [
    "SET /* dbwright */ NAMES utf8mb4, SESSION time_zone = '+00:00', SESSION net_write_timeout = 600, \
     SESSION sql_mode = ''",
    "SET /* dbwright */ TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION /* dbwright */ WITH CONSISTENT SNAPSHOT, READ ONLY",
];

/// The part of each table that is copied: small ones whole, the others as far as the rest of the limit goes.
fn shares<'a>(tables: &[&'a Table], limit: u64) -> Vec<(&'a Table, f64)> {
    let mut sorted = tables.to_vec();
    sorted.sort_by_key(|table| table.bytes.unwrap_or(0));
    let mut left = limit as f64;
    let count = sorted.len();
    let share = |(at, table): (usize, &&'a Table)| {
        let bytes = table.bytes.unwrap_or(0) as f64;
        let taken = bytes.min(left / (count - at) as f64);
        left -= taken;
        (*table, if bytes > 0.0 { taken / bytes } else { 1.0 })
    };
    sorted.iter().enumerate().map(share).collect()
}

async fn copy_one(
    source: &mut Conn,
    stage: &mut Link,
    table: &Table,
    share: f64,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let part = if share < 1.0 { spread::part(source, table, share).await? } else { String::new() };
    transfer(source, stage, table, &part, progress).await
}

/// Copies the rows that the end of a query leads to.
pub(super) async fn transfer(
    source: &mut Conn,
    stage: &mut Link,
    table: &Table,
    part: &str,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let name = SQL.qualified(&table.schema, &table.name);
    let columns: Vec<&Column> = stored(table).collect();
    let names = SQL.names(columns.iter().map(|column| &column.name));
    let shown: Vec<String> = columns.iter().map(|column| literal::shown(column)).collect();
    let sql = format!("SELECT /* dbwright */ {} FROM {name}{part}", shown.join(", "));
    let mut rows = source.query_iter(sql).await.map_err(|e| unread(&e))?;
    let head = format!("INSERT INTO {name} ({names}) VALUES ");
    let mut batch = String::new();
    let mut done = 0;
    while let Some(row) = rows.next().await.map_err(|e| unread(&e))? {
        batch.push_str(if batch.is_empty() { &head } else { ", " });
        batch.push_str(&tuple(&columns, row));
        done += 1;
        if batch.len() > BATCH {
            stage.run(&batch).await.map_err(|e| lost(&e))?;
            batch.clear();
            progress.step(done);
            if progress.cancelled() {
                return Err(Failure::new(FailureKind::Interrupted, "interrupted", "stopped while rows were copied"));
            }
        }
    }
    if !batch.is_empty() {
        stage.run(&batch).await.map_err(|e| lost(&e))?;
    }
    Ok(())
}

fn tuple(columns: &[&Column], row: Row) -> String {
    let text = |value: &Value| match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    };
    let cells = row.unwrap();
    let literals = columns.iter().zip(&cells).map(|(column, value)| literal::of(column, text(value).as_deref()));
    format!("({})", literals.collect::<Vec<_>>().join(","))
}

/// Removes rows that refer to rows which are not there.
async fn whole_keys(stage: &mut Link, tables: &[&Table]) -> Result<(), Failure> {
    for _ in 0..ROUNDS {
        let mut removed = 0;
        for table in tables {
            for (key, to) in table.foreign_keys() {
                let pairs: Vec<_> =
                    key.columns.iter().zip(&to.columns).map(|(a, b)| (SQL.ident(a), SQL.ident(b))).collect();
                let join: Vec<_> = pairs.iter().map(|(a, b)| format!("p.{b} = c.{a}")).collect();
                let set: Vec<_> = pairs.iter().map(|(a, _)| format!("c.{a} IS NOT NULL")).collect();
                let Some((_, first)) = pairs.first() else { continue };
                let sql = format!(
                    "DELETE c FROM {} c LEFT JOIN {} p ON {} WHERE {} AND p.{first} IS NULL",
                    SQL.qualified(&table.schema, &table.name),
                    SQL.qualified(&to.schema, &to.table),
                    join.join(" AND "),
                    set.join(" AND ")
                );
                removed += stage.run(&sql).await.map_err(|e| lost(&e))?;
            }
        }
        if removed == 0 {
            break;
        }
    }
    Ok(())
}

pub(super) fn unread(error: &Error) -> Failure {
    Failure::unreachable("rehearse.copy", format!("the target's rows can't be read: {}", crate::error::text(error)))
}
