//! A schema file as a target: loaded into a lab, observed there, and shown as what it is.
//!
//! Only the schema of the snapshot is the user's; settings, counters, sizes and sessions are the lab's,
//! and are taken out again, each with a gap, so that no rule judges them.

use std::path::Path;

use dbwright_check::SchemaLab;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::snapshot::{Cost, Gap, Header};
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Snapshot};

use super::loader::{Loader, Passed, database_of};
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
    let header = Header {
        name: file.display().to_string(),
        gaps: gaps(&passed),
        // The lab's cost is not a target's.
        cost: Cost { target_s: 0.0, own_s: header.cost.own_s + header.cost.target_s, ..Cost::default() },
        ..header
    };
    let workload = options.workload.clone();
    Ok(Snapshot::new(header, PgBody { workload, ..schema_only(body) }))
}

fn gaps(passed: &Passed) -> Vec<Gap> {
    let absent = ABSENT.iter().map(|area| Gap {
        area: (*area).to_owned(),
        reason: REASON.to_owned(),
        remedy: Some("check the database itself: dbwright check postgres://…".to_owned()),
    });
    let mut gaps: Vec<Gap> = absent.collect();
    if !passed.statements.is_empty() {
        let lines = passed.statements.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let reason =
            format!("statements about the server that do not concern the schema were passed over, at line {lines}");
        gaps.push(Gap { area: "schema-file".to_owned(), reason, remedy: None });
    }
    gaps
}

/// Takes out what is the lab's.
fn schema_only(mut body: PgBody) -> PgBody {
    for table in &mut body.catalog.tables {
        table.rows = None;
        table.bytes = None;
        table.writes = None;
        for index in &mut table.indexes {
            index.bytes = None;
        }
    }
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
