//! Streams rows out of the target, in one read-only transaction, into the copy.

use std::io::Cursor;
use std::pin::pin;
use std::time::Duration;

use dbwright_core::Failure;
use dbwright_core::target::Address;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Constraint, Generated, References, Table, TableKind};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_postgres::{Client, Error};

use super::copy::columns;
use super::sample::list;
use crate::connect::Connection;

const SQL: Dialect = Dialect::Postgres;
/// How long the target may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// Missing rows that are fetched with one statement.
const BATCH: usize = 1_000;

/// Bytes that are handed on together.
const PIECE: usize = 256 << 10;

/// How values are written on both sides.
const SPEECH: &str =
    "SET datestyle = 'ISO, MDY'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET bytea_output = 'hex'";

/// A session on the target that reads one state of it.
pub(super) struct Source {
    connection: Connection,
}

/// Whether a column's values are copied: generated ones are made anew.
pub(super) const fn kept(column: &Column) -> bool {
    !matches!(column.generated, Some(Generated::Stored | Generated::Virtual))
}

impl Source {
    /// # Errors
    /// When the target can't be reached or refuses.
    pub(super) async fn open(address: &Address) -> Result<Self, Failure> {
        let connection = crate::connect::open(address, PATIENCE).await?;
        // Without row security a policy would quietly leave rows out: now it is an error, which is told.
        let begin = format!(
            "{SPEECH}; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '5s'; \
             SET LOCAL statement_timeout = 0; SET LOCAL row_security = off; SET LOCAL search_path = pg_catalog"
        );
        connection.client.batch_execute(&begin).await.map_err(|e| lost(&e))?;
        Ok(Self { connection })
    }

    /// # Errors
    /// When the connection broke.
    pub(super) async fn end(self) -> Result<(), Failure> {
        self.connection.client.batch_execute("COMMIT").await.map_err(|e| lost(&e))
    }

    /// Copies rows of a table, all or those that meet a condition on `t`; returns how many, or why they can't be read.
    ///
    /// # Errors
    /// When a connection breaks.
    pub(super) async fn copy(
        &self,
        lab: &Client,
        table: &Table,
        condition: Option<&str>,
        first: bool,
    ) -> Result<Result<u64, String>, Failure> {
        let name = SQL.qualified(&table.schema, &table.name);
        let names = columns(table);
        // What inherits from a table is copied on its own; a partitioned table has no rows of its own.
        let only = if table.kind == TableKind::Partitioned { "" } else { "ONLY " };
        let (out, into) = if names.is_empty() {
            ("t.*".to_owned(), name.clone())
        } else {
            (list("t", &names), format!("{name} ({})", SQL.names(&names)))
        };
        let condition = condition.map(|text| format!(" WHERE {text}")).unwrap_or_default();
        let read = format!("/* dbwright */ COPY (SELECT {out} FROM {only}{name} t{condition}) TO STDOUT");
        let fresh = first && table.kind != TableKind::Partitioned;
        let (before, how) = if fresh { (format!("; TRUNCATE {name}"), " WITH (FREEZE)") } else { (String::new(), "") };
        let source = &self.connection.client;
        source.batch_execute("SAVEPOINT dbwright").await.map_err(|e| lost(&e))?;
        lab.batch_execute(&format!("{SPEECH}; BEGIN{before}")).await.map_err(|e| lost(&e))?;
        let copied = stream(source, &read, lab, &format!("COPY {into} FROM STDIN{how}")).await;
        let (there, here) = if copied.is_ok() {
            ("RELEASE SAVEPOINT dbwright", "COMMIT")
        } else {
            ("ROLLBACK TO SAVEPOINT dbwright", "ROLLBACK")
        };
        source.batch_execute(there).await.map_err(|e| lost(&e))?;
        lab.batch_execute(here).await.map_err(|e| lost(&e))?;
        Ok(copied.map_err(|error| crate::error::text(&error)))
    }

    /// Fetches the rows of `parent` that rows of `child` refer to and that are not in the copy; returns how many.
    ///
    /// # Errors
    /// When a connection breaks.
    pub(super) async fn missing(
        &self,
        lab: &Client,
        child: &Table,
        key: &Constraint,
        parent: &Table,
        references: &References,
    ) -> Result<u64, Failure> {
        let wanted = absent(lab, child, key, parent, references).await.map_err(|e| lost(&e))?;
        let mut fetched = 0;
        for batch in wanted.chunks(BATCH) {
            let condition = format!("({}) IN ({})", list("t", &references.columns), batch.join(", "));
            // A parent that may not be read is told of where it is copied.
            fetched += self.copy(lab, parent, Some(&condition), false).await?.unwrap_or(0);
        }
        Ok(fetched)
    }
}

/// The keys that rows refer to and that the copy does not have, as rows of literals.
async fn absent(
    lab: &Client,
    child: &Table,
    key: &Constraint,
    parent: &Table,
    references: &References,
) -> Result<Vec<String>, Error> {
    let name = |table: &Table| SQL.qualified(&table.schema, &table.name);
    let here: Vec<String> = key.columns.iter().map(|column| format!("c.{}", SQL.ident(column))).collect();
    let there = references.columns.iter().map(|column| format!("p.{}", SQL.ident(column)));
    let same: Vec<String> = here.iter().zip(there).map(|(here, there)| format!("{here} = {there}")).collect();
    let given: Vec<String> = here.iter().map(|here| format!("{here} IS NOT NULL")).collect();
    let literals: Vec<String> = here.iter().map(|here| format!("quote_literal({here}::text)")).collect();
    let sql = format!(
        "SELECT DISTINCT '(' || {} || ')' FROM {} c WHERE {} AND NOT EXISTS (SELECT FROM {} p WHERE {})",
        literals.join(" || ', ' || "),
        name(child),
        given.join(" AND "),
        name(parent),
        same.join(" AND ")
    );
    Ok(lab.query(&sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}

/// The rows come one by one and go on in large pieces: most of the time would be spent on handing them over.
async fn stream(source: &Client, read: &str, lab: &Client, write: &str) -> Result<u64, Error> {
    let mut rows = pin!(source.copy_out(read).await?);
    let mut sink = pin!(lab.copy_in::<_, Cursor<Vec<u8>>>(write).await?);
    let mut piece = Vec::with_capacity(PIECE * 2);
    while let Some(row) = rows.next().await {
        piece.extend_from_slice(&row?);
        if piece.len() >= PIECE {
            sink.feed(Cursor::new(std::mem::replace(&mut piece, Vec::with_capacity(PIECE * 2)))).await?;
        }
    }
    sink.feed(Cursor::new(piece)).await?;
    sink.finish().await
}

fn lost(error: &Error) -> Failure {
    Failure::internal("lab.copy", format!("copying rows failed: {}", crate::error::text(error)))
}
