//! Where a rehearsal takes place: a private server of the target's version with its schema, and rows.

mod fill;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use dbwright_advise::index::ObjectName;
use dbwright_advise::port::CopyOptions;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Snapshot};
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::rehearse::rows;
use dbwright_migrate::rehearse::touched::{Touched, proportions, touched};
use dbwright_migrate::rehearse::{Clients, RehearseOptions, Schema, Size, Stage, TableRows, Template, TryOut, Watch};
use dbwright_migrate::{Migration, OnlineDdl as _, Session};
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;

use super::exact::{self, Exact};
use super::load::{PgClients, templates};
use super::trace::{Look, Tracer, Who};
use super::try_out::PgTryOut;
use super::watch::PgWatch;
use crate::Postgres;
use crate::advise::measure::copy::{self, Copy};
use crate::body::PgBody;
use crate::connect::Connection;

const SQL: Dialect = Dialect::Postgres;
/// How the server differs from one that is only there to measure reads: it logs what a primary with a replica logs.
const SETTINGS: [(&str, &str); 4] =
    [("wal_level", "replica"), ("log_temp_files", "0"), ("max_connections", "200"), ("log_min_messages", "log")];
/// How long it may take to accept a connection.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
/// The name under which the runner's sessions are known.
const RUNNER: &str = "dbwright";

/// A private server, ready for a rehearsal.
pub(super) struct PgStage {
    copy: Copy,
    server: String,
    data: String,
    notes: Vec<String>,
    tables: Vec<TableRows>,
}

impl PgStage {
    /// Its URL, as superuser.
    fn url(&self) -> String {
        self.copy.url()
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        crate::connect::open(&Address::parse(&self.url())?, PATIENCE).await
    }

    async fn observed(&self, progress: &dyn Progress) -> Result<Schema, Failure> {
        let options = ObserveOptions { values: dbwright_core::engine::Values::None, ..ObserveOptions::default() };
        let (_, body) = crate::observe::take(&Address::parse(&self.url())?, &options, progress).await?;
        let mut catalog = body.catalog;
        let ours = |schema: &str| schema == "dbwright" || schema == exact::SCHEMA;
        catalog.tables.retain(|table| !ours(&table.schema));
        catalog.functions.retain(|one| !ours(&one.schema));
        catalog.sequences.retain(|one| !ours(&one.schema));
        catalog.types.retain(|one| !ours(&one.schema));
        Ok(Schema { catalog, texts: BTreeMap::new() })
    }

    async fn watched(&self) -> Result<PgWatch, Failure> {
        let look = Look { log: Some(self.copy.lab().log()), ..Look::default() };
        let tracer = Tracer::start_with(&self.url(), Who::Application(RUNNER.to_owned()), look).await?;
        Ok(PgWatch { tracer, exact: Exact::new(self.connect().await?) })
    }
}

impl Stage for PgStage {
    fn data(&self) -> &str {
        &self.data
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn tables(&self) -> &[TableRows] {
        &self.tables
    }

    fn open<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<Box<dyn Session>, Failure>> {
        Box::pin(async { Postgres.open(&Address::parse(&self.url())?, &OpenOptions::default(), progress).await })
    }

    fn schema<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<Schema, Failure>> {
        Box::pin(self.observed(progress))
    }

    fn load<'a>(&'a self, tables: &'a [&'a Table]) -> BoxFuture<'a, Result<Vec<Template>, Failure>> {
        Box::pin(async { templates(&self.connect().await?.client, tables).await })
    }

    fn clients(&self) -> Result<Arc<dyn Clients>, Failure> {
        Ok(Arc::new(PgClients::new(Address::parse(&self.url())?)))
    }

    fn watch(&self) -> BoxFuture<'_, Result<Box<dyn Watch>, Failure>> {
        Box::pin(async { Ok(Box::new(self.watched().await?) as Box<dyn Watch>) })
    }

    fn try_out(&self) -> BoxFuture<'_, Result<Box<dyn TryOut>, Failure>> {
        Box::pin(async { Ok(Box::new(PgTryOut(self.connect().await?)) as Box<dyn TryOut>) })
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
) -> Result<PgStage, Failure> {
    let body: &PgBody = snapshot.body()?;
    let touched = touched(&body.catalog, migrations);
    let names = |tables: &[&Table]| -> Vec<ObjectName> {
        tables.iter().map(|one| ObjectName { schema: one.schema.clone(), name: one.name.clone() }).collect()
    };
    let wanted = if size == Size::Copy { names(&touched.filled) } else { Vec::new() };
    let copy = CopyOptions { programs: options.programs.clone(), bytes: options.copy_bytes, tables: Some(wanted) };
    let copy = copy::make(snapshot, address, &copy, &SETTINGS, progress).await?;
    let server = format!("PostgreSQL {}", copy.lab().programs().version);
    let mut stage = PgStage { data: copy.place(), copy, server, notes: Vec::new(), tables: Vec::new() };
    let connection = stage.connect().await?;
    let client = &connection.client;
    // A journal of the target has no entries here, and would only be in the way.
    client.batch_execute("DROP SCHEMA IF EXISTS dbwright CASCADE").await.map_err(|e| fill::lost(&e))?;
    if let Size::Rows(rows) = size {
        let rows = proportions(&body.catalog, &touched.filled, rows);
        stage.notes = fill::fill(client, body, &touched.filled, &rows, progress).await?;
    }
    stage.tables = counts(client, &touched).await?;
    if let (Size::Rows(_), false) = (size, stage.tables.is_empty()) {
        stage.data = rows::told(&stage.tables, &stage.server);
    }
    Ok(stage)
}

async fn counts(client: &tokio_postgres::Client, touched: &Touched<'_>) -> Result<Vec<TableRows>, Failure> {
    let mut all = Vec::new();
    for table in &touched.filled {
        let sql = format!("SELECT count(*) FROM {}", SQL.qualified(&table.schema, &table.name));
        let count: i64 = client.query_one(&sql, &[]).await.map_err(|e| fill::lost(&e))?.get(0);
        all.push(rows::counted(touched, table, u64::try_from(count).unwrap_or(0)));
    }
    Ok(all)
}
