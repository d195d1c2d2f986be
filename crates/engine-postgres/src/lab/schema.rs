//! A schema file as a target: loaded into a lab, observed there, and shown as what it is.
//!
//! Only the schema of the snapshot is the user's; settings, counters, sizes and sessions are the lab's,
//! and are taken out again, each with a gap, so that no rule judges them.

use std::path::Path;

use dbwright_check::{SchemaLab, schema_file};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Snapshot};

use super::loader::{Loader, database_of};
use super::{Lab, LabOptions};
use crate::Postgres;
use crate::body::{IndexStats, PgBody, Replication, TableStats, area};

/// Areas that a schema file can't have.
const ABSENT: [&str; 7] = [
    area::SERVER,
    area::STATISTICS,
    area::COLUMN_STATISTICS,
    area::STATEMENTS,
    area::ACTIVITY,
    area::REPLICATION,
    area::SETTINGS,
];

const REASON: &str = "a schema file has no rows, statistics, settings or sessions";

impl SchemaLab for Postgres {
    fn dialects(&self) -> &'static [&'static str] {
        &["postgres", "postgresql"]
    }

    fn load<'a>(
        &'a self,
        file: &'a Path,
        sql: &'a str,
        _dialect: &'a str,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot, Failure>> {
        Box::pin(load(file, sql, options, progress))
    }
}

async fn load(file: &Path, sql: &str, options: &ObserveOptions, progress: &dyn Progress) -> Result<Snapshot, Failure> {
    let lab = Lab::start(&LabOptions { programs: options.programs.clone(), ..LabOptions::default() }, progress).await?;
    let database = database_of(sql).unwrap_or_else(|| "schema".to_owned());
    if database != "postgres" {
        lab.create_database(&database).await?;
    }
    let address = Address::parse(&lab.url(&database))?;
    let passed = {
        let connection = crate::connect::open(&address, options.connect_timeout).await?;
        let second = crate::connect::open(&address, options.connect_timeout).await?;
        let (client, helper, major) = (&connection.client, &second.client, lab.programs().major);
        Loader { file, sql, client, helper, database: &database, major }.run(progress).await?
    };
    let (header, body) = crate::observe::take(&address, options, progress).await?;
    let gaps = schema_file::gaps(&ABSENT, REASON, "postgres", &passed.statements);
    let header = schema_file::header(file, gaps, header);
    let workload = options.workload.clone();
    Ok(Snapshot::new(header, PgBody { workload, ..schema_only(body) }))
}

/// Takes out what is the lab's.
fn schema_only(mut body: PgBody) -> PgBody {
    body.catalog.forget_sizes();
    for stats in body.tables.values_mut() {
        *stats = TableStats {
            options: std::mem::take(&mut stats.options),
            persistence: std::mem::take(&mut stats.persistence),
            replica_identity: std::mem::take(&mut stats.replica_identity),
            ..TableStats::default()
        };
    }
    for stats in body.indexes.values_mut() {
        *stats =
            IndexStats { ready: stats.ready, options: std::mem::take(&mut stats.options), ..IndexStats::default() };
    }
    body.columns.clear();
    body.settings.clear();
    body.databases.clear();
    body.sessions.clear();
    body.waits.clear();
    body.prepared.clear();
    PgBody {
        workload: None,
        statement_totals: None,
        available_extensions: None,
        replication: Replication::default(),
        ..body
    }
}
