//! Where a rehearsal takes place: a private server of the target's version with its schema, and rows.

mod fill;
mod touched;
mod values;

use dbwright_advise::index::ObjectName;
use dbwright_advise::port::CopyOptions;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use dbwright_migrate::Migration;
use dbwright_migrate::rehearse::{RehearseOptions, Size, TableRows};
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;

use crate::advise::measure::copy::{self, Copy};
use crate::body::PgBody;
use crate::connect::Connection;

pub(super) use touched::touched;

const SQL: Dialect = Dialect::Postgres;
/// How the server differs from one that is only there to measure reads: it logs what a primary with a replica logs.
const SETTINGS: [(&str, &str); 4] =
    [("wal_level", "replica"), ("log_temp_files", "0"), ("max_connections", "200"), ("log_min_messages", "log")];
/// How long it may take to accept a connection.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// A private server, ready for a rehearsal.
pub(super) struct Stage {
    copy: Copy,
    /// What is on it, for people.
    pub(super) data: String,
    /// What is not as in the target.
    pub(super) notes: Vec<String>,
    /// Rows of the touched tables.
    pub(super) tables: Vec<TableRows>,
}

impl Stage {
    /// Its URL, as superuser.
    pub(super) fn url(&self) -> String {
        self.copy.url()
    }

    /// The server's log.
    pub(super) fn log(&self) -> std::path::PathBuf {
        self.copy.lab().log()
    }

    /// `PostgreSQL 17.11`.
    pub(super) fn server(&self) -> String {
        format!("PostgreSQL {}", self.copy.lab().programs().version)
    }

    pub(super) async fn connect(&self) -> Result<Connection, Failure> {
        crate::connect::open(&Address::parse(&self.url())?, PATIENCE).await
    }

    /// Its schema as it is now.
    pub(super) async fn schema(&self, progress: &dyn Progress) -> Result<PgBody, Failure> {
        let options = ObserveOptions { values: dbwright_core::engine::Values::None, ..ObserveOptions::default() };
        let (_, body) = crate::observe::take(&Address::parse(&self.url())?, &options, progress).await?;
        Ok(body)
    }
}

/// Makes a stage of one size.
pub(super) async fn make(
    snapshot: &Snapshot,
    address: &Address,
    migrations: &[Migration],
    size: Size,
    options: &RehearseOptions,
    progress: &dyn Progress,
) -> Result<Stage, Failure> {
    let body: &PgBody = snapshot.body()?;
    let touched = touched(body, migrations);
    let names = |tables: &[&Table]| -> Vec<ObjectName> {
        tables.iter().map(|one| ObjectName { schema: one.schema.clone(), name: one.name.clone() }).collect()
    };
    let wanted = if size == Size::Copy { names(&touched.filled) } else { Vec::new() };
    let copy = CopyOptions { programs: options.programs.clone(), bytes: options.copy_bytes, tables: Some(wanted) };
    let copy = copy::make(snapshot, address, &copy, &SETTINGS, progress).await?;
    let mut stage = Stage { data: copy.place(), copy, notes: Vec::new(), tables: Vec::new() };
    let connection = stage.connect().await?;
    let client = &connection.client;
    // A journal of the target has no entries here, and would only be in the way.
    client.batch_execute("DROP SCHEMA IF EXISTS dbwright CASCADE").await.map_err(|e| fill::lost(&e))?;
    if let Size::Rows(rows) = size {
        let rows = fill::proportions(body, &touched.filled, rows);
        stage.notes = fill::fill(client, body, &touched.filled, &rows, progress).await?;
    }
    stage.tables = counts(client, &touched).await?;
    let largest = stage.tables.iter().max_by_key(|table| table.rows);
    if let (Size::Rows(_), Some(largest)) = (size, largest) {
        let all: u64 = stage.tables.iter().map(|table| table.rows).sum();
        stage.data = format!("{all} made-up rows, {} of them in {}; {}", largest.rows, largest.table, stage.server());
    }
    Ok(stage)
}

async fn counts(client: &tokio_postgres::Client, touched: &touched::Touched<'_>) -> Result<Vec<TableRows>, Failure> {
    let mut all = Vec::new();
    for table in &touched.filled {
        let sql = format!("SELECT count(*) FROM {}", SQL.qualified(&table.schema, &table.name));
        let rows: i64 = client.query_one(&sql, &[]).await.map_err(|e| fill::lost(&e))?.get(0);
        let loaded = touched.loaded.iter().any(|one| one.id == table.id);
        let table = format!("{}.{}", table.schema, table.name);
        all.push(TableRows { table, rows: u64::try_from(rows).unwrap_or(0), loaded });
    }
    Ok(all)
}
