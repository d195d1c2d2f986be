//! Fills the tables of a stage with made-up rows.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_migrate::rehearse::rows::Pieces;
use dbwright_sql::Dialect;
use dbwright_sql::model::{ObjectId, Table, TableKind};
use tokio_postgres::Client;

use super::values::{Values, slots};
use crate::body::PgBody;

const SQL: Dialect = Dialect::Postgres;
/// Rows that are made with one statement.
const CHUNK: u64 = 100_000;

/// Makes the rows; returns what could not be made.
pub(super) async fn fill(
    client: &Client,
    body: &PgBody,
    tables: &[&Table],
    rows: &HashMap<ObjectId, u64>,
    progress: &dyn Progress,
) -> Result<Vec<String>, Failure> {
    // Keys are made so that they fit; checking each would take most of the time.
    client.batch_execute("SET session_replication_role = replica").await.map_err(|e| lost(&e))?;
    let values = Values { body, rows, slots: known(client, body, tables).await? };
    let mut untold = Vec::new();
    for table in tables.iter().filter(|table| holds(table)) {
        let count = rows.get(&table.id).copied().unwrap_or(0);
        if let Err(reason) = fill_one(client, &values, table, count, progress).await? {
            untold.push(format!("{}.{} has no made-up rows: {reason}", table.schema, table.name));
        }
    }
    client.batch_execute("RESET session_replication_role").await.map_err(|e| lost(&e))?;
    advance_sequences(client, body, tables).await?;
    client.batch_execute("VACUUM (ANALYZE)").await.map_err(|e| lost(&e))?;
    client.batch_execute("CHECKPOINT").await.map_err(|e| lost(&e))?;
    Ok(untold)
}

fn holds(table: &Table) -> bool {
    !table.is_partition && matches!(table.kind, TableKind::Table | TableKind::Partitioned)
}

async fn fill_one(
    client: &Client,
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
        let last = done + rows;
        let into = if columns.is_empty() {
            format!("INSERT INTO {name} SELECT FROM generate_series({}, {last})", done + 1)
        } else {
            let series = format!("generate_series({}::bigint, {last}::bigint) g", done + 1);
            format!(
                "INSERT INTO {name} ({names}) OVERRIDING SYSTEM VALUE SELECT {} FROM {series}",
                expressions.join(", ")
            )
        };
        if let Err(error) = client.batch_execute(&into).await {
            return if error.is_closed() { Err(lost(&error)) } else { Ok(Err(crate::error::text(&error))) };
        }
    }
    Ok(Ok(()))
}

/// The values that the target's statistics know.
async fn known(
    client: &Client,
    body: &PgBody,
    tables: &[&Table],
) -> Result<HashMap<(ObjectId, String), Vec<Option<String>>>, Failure> {
    let mut all = HashMap::new();
    for table in tables {
        for stats in body.columns.get(&table.id).into_iter().flatten() {
            let common = elements(client, stats.most_common_vals.as_deref()).await?;
            let bounds = elements(client, stats.histogram_bounds.as_deref()).await?;
            let found = slots(&common, &stats.most_common_freqs, &bounds, stats.null_frac);
            if !found.is_empty() {
                all.insert((table.id, stats.column.clone()), found);
            }
        }
    }
    Ok(all)
}

/// The elements of an array's text.
async fn elements(client: &Client, text: Option<&str>) -> Result<Vec<Option<String>>, Failure> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let row = client.query_one("SELECT $1::text::text[]", &[&text]).await;
    match row {
        // The elements of arrays of arrays are not told apart: then nothing is known.
        Ok(row) => Ok(row.try_get(0).unwrap_or_default()),
        Err(error) if error.is_closed() => Err(lost(&error)),
        Err(_) => Ok(Vec::new()),
    }
}

/// Sequences go on behind the made-up rows.
async fn advance_sequences(client: &Client, body: &PgBody, tables: &[&Table]) -> Result<(), Failure> {
    for sequence in &body.catalog.sequences {
        let Some((table, column)) = &sequence.column else { continue };
        let Some(table) = tables.iter().find(|one| one.id == *table) else { continue };
        let (column, name) = (SQL.ident(column), SQL.qualified(&table.schema, &table.name));
        let sequence = SQL.literal(&SQL.qualified(&sequence.schema, &sequence.name));
        let sql =
            format!("SELECT setval({sequence}::regclass, (SELECT coalesce(max({column}), 0) + 1 FROM {name})::bigint)");
        if let Err(error) = client.batch_execute(&sql).await
            && error.is_closed()
        {
            return Err(lost(&error));
        }
    }
    Ok(())
}

pub(super) fn lost(error: &tokio_postgres::Error) -> Failure {
    Failure::internal("rehearse.stage", format!("the private server refuses: {}", crate::error::text(error)))
}
