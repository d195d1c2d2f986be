//! Copies one table's rows from the target into a lab.

use std::pin::pin;

use dbwright_core::Failure;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::target::Address;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Generated, Table, TableKind};
use futures_util::{SinkExt as _, StreamExt as _};

use super::COPY_BYTES;
use crate::body::PgBody;
use crate::lab::Lab;

/// Share of a table's pages that is copied.
pub(super) fn share(body: &PgBody, table: &Table) -> f64 {
    let parts = body.catalog.tables.iter().filter(|part| part.id == table.id || part.parents.contains(&table.id));
    let bytes: u64 = parts.filter_map(|part| part.bytes).sum();
    if bytes <= COPY_BYTES { 1.0 } else { COPY_BYTES as f64 / bytes as f64 }
}

/// Copies the rows and gathers statistics; returns the copy's quoted name.
pub(super) async fn into_lab(
    address: &Address,
    options: &ObserveOptions,
    lab: &Lab,
    database: &str,
    table: &Table,
    share: f64,
) -> Result<String, Failure> {
    let quote = |name: &str| Dialect::Postgres.ident(name);
    let name = quote(&table.name);
    let kept: Vec<_> = table.columns.iter().filter(|column| column.generated != Some(Generated::Virtual)).collect();
    let definitions: Vec<_> =
        kept.iter().map(|column| format!("{} {}", quote(&column.name), lab_type(column))).collect();
    let columns: Vec<_> = kept.iter().map(|column| quote(&column.name)).collect();
    let from = Dialect::Postgres.qualified(&table.schema, &table.name);
    // Inheritance children have keys of their own; partitions belong to their table.
    let only = if table.kind == TableKind::Table { "ONLY " } else { "" };
    let sample = if share < 1.0 { format!(" TABLESAMPLE SYSTEM ({})", share * 100.0) } else { String::new() };
    lab.execute(database, &format!("CREATE UNLOGGED TABLE {name} ({})", definitions.join(", "))).await?;
    let source = format!("COPY (SELECT {} FROM {only}{from}{sample}) TO STDOUT", columns.join(", "));
    stream(address, options, &source, lab, database, &format!("COPY {name} FROM STDIN")).await?;
    lab.execute(database, &format!("ANALYZE {name}")).await?;
    Ok(name)
}

/// The type that a column has in the lab: its own when every server knows it, else text of the same width.
fn lab_type(column: &Column) -> &str {
    const EVERYWHERE: [&str; 17] = [
        "bool",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "numeric",
        "text",
        "varchar",
        "bpchar",
        "bytea",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "interval",
        "uuid",
    ];
    EVERYWHERE.iter().find(|known| **known == column.base_type).copied().unwrap_or("text")
}

/// Streams a COPY of the target into a COPY of the lab, in a read-only transaction with the usual time limits on locks.
async fn stream(
    address: &Address,
    options: &ObserveOptions,
    out: &str,
    lab: &Lab,
    database: &str,
    into: &str,
) -> Result<(), Failure> {
    let source = crate::connect::open(address, options.connect_timeout).await?;
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = {}; SET LOCAL search_path = pg_catalog",
        options.lock_timeout.as_millis()
    );
    let refused = |e: tokio_postgres::Error| {
        Failure::not_permitted("postgres.copy", format!("the rows can't be read: {}", crate::error::text(&e)))
            .hint("an experiment needs SELECT on the table; without --prove only the catalogs are read")
    };
    source.client.batch_execute(&begin).await.map_err(refused)?;
    let rows = source.client.copy_out(out).await.map_err(refused)?;
    let target = crate::connect::open(&Address::parse(&lab.url(database))?, options.connect_timeout).await?;
    let broken = |e: tokio_postgres::Error| {
        Failure::internal("lab.copy", format!("the lab does not take the rows: {}", crate::error::text(&e)))
    };
    let mut sink = pin!(target.client.copy_in(into).await.map_err(broken)?);
    let mut rows = pin!(rows);
    while let Some(chunk) = rows.next().await {
        sink.send(chunk.map_err(refused)?).await.map_err(broken)?;
    }
    sink.finish().await.map_err(broken)?;
    source.client.batch_execute("COMMIT").await.map_err(refused)
}
