//! Makes the copy: a private server of the same version with the target's schema, rows, indexes and settings.

use std::collections::HashMap;

use dbwright_advise::index::ObjectName;
use dbwright_advise::port::CopyOptions;
use dbwright_core::engine::{Engine as _, ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind, Snapshot};
use dbwright_sql::Dialect;
use dbwright_sql::model::{ObjectId, Table, TableKind};
use tokio_postgres::Client;

use super::rows::{Source, kept};
use super::sample::Sample;
use super::{PATIENCE, room};
use crate::body::PgBody;
use crate::lab::{Lab, LabOptions};
use crate::twin::{load, schema, settings};

const SQL: Dialect = Dialect::Postgres;
/// How often it is looked whether copied rows refer to rows that are missing.
const ROUNDS: usize = 50;
/// What is told of what can't be copied, at most.
const TOLD: usize = 3;

/// A private server with rows of the target.
pub(crate) struct Copy {
    lab: Lab,
    database: String,
    place: String,
    /// Share of each sampled table's rows that is here.
    shares: HashMap<ObjectName, f64>,
}

impl Copy {
    /// The URL of its database, as superuser.
    pub(crate) fn url(&self) -> String {
        self.lab.url(&self.database)
    }

    /// The last lines of its log; none when its folder is gone.
    pub(super) fn last_words(&self) -> Option<String> {
        self.lab.last_words()
    }

    /// The server that it is in.
    pub(crate) const fn lab(&self) -> &Lab {
        &self.lab
    }

    /// What it is, for proofs.
    pub(crate) fn place(&self) -> String {
        self.place.clone()
    }

    /// Share of a table's rows that is here.
    pub(super) fn share(&self, table: &ObjectName) -> f64 {
        self.shares.get(table).copied().unwrap_or(1.0)
    }
}

/// Copies. `settings` are the server's, and go before those that a copy has by itself.
pub(crate) async fn make(
    snapshot: &Snapshot,
    address: &Address,
    options: &CopyOptions,
    settings: &[(&str, &str)],
    progress: &dyn Progress,
) -> Result<Copy, Failure> {
    let observed: &PgBody = snapshot.body()?;
    // A snapshot that was taken for a check knows too little of the schema.
    let full = if observed.blueprint.is_some() {
        None
    } else {
        let observe = ObserveOptions { values: Values::All, ..ObserveOptions::default() };
        Some(crate::Postgres.observe(address, &observe, progress).await?)
    };
    let body: &PgBody = match &full {
        Some(full) => full.body()?,
        None => observed,
    };
    let tables = wanted(body, options);
    let sample = Sample::of(&tables, options.bytes);
    let all: u64 = tables.iter().filter_map(|table| table.bytes).sum();
    let bytes = options.bytes.map_or(all, |most| most.min(all));
    room::check(&std::env::temp_dir(), bytes)?;
    Maker { body, address, tables, sample, bytes, settings, progress }.make(options).await
}

/// The tables with rows that are copied: those that were asked for, their parts, and all without a wish.
fn wanted<'a>(body: &'a PgBody, options: &CopyOptions) -> Vec<&'a Table> {
    let named = |table: &Table| match &options.tables {
        None => true,
        Some(names) => names.iter().any(|name| (&name.schema, &name.name) == (&table.schema, &table.name)),
    };
    let by_id = body.catalog.by_id();
    let within = |table: &Table| {
        let (mut open, mut seen) = (vec![table.id], Vec::new());
        while let Some(id) = open.pop() {
            let Some(one) = by_id.get(&id).filter(|_| !seen.contains(&id)) else { continue };
            if named(one) {
                return true;
            }
            seen.push(id);
            open.extend(&one.parents);
        }
        false
    };
    let holds = |table: &&Table| table.kind == TableKind::Table && !table.internal;
    body.catalog.tables.iter().filter(holds).filter(|table| within(table)).collect()
}

struct Maker<'a> {
    body: &'a PgBody,
    address: &'a Address,
    tables: Vec<&'a Table>,
    sample: Sample,
    bytes: u64,
    settings: &'a [(&'a str, &'a str)],
    progress: &'a dyn Progress,
}

impl Maker<'_> {
    async fn make(&self, options: &CopyOptions) -> Result<Copy, Failure> {
        let lab = Lab::start(&self.lab_options(options), self.progress).await?;
        let mut gaps = Vec::new();
        let database = schema::database(&lab, self.body, &mut gaps).await?;
        let connection = crate::connect::open(&Address::parse(&lab.url(&database))?, PATIENCE).await?;
        let client = &connection.client;
        load::run(client, &schema::tables(self.body), &mut gaps, self.progress).await?;
        let mut untold: Vec<String> = gaps.iter().map(|gap| gap.reason.clone()).collect();
        let counts = self.rows(client, &mut untold).await?;
        self.progress.stage("building the target's indexes in the copy", None);
        load::run(client, &schema::indexes(self.body), &mut gaps, self.progress).await?;
        self.finish(client, &mut gaps).await?;
        let version = lab.programs().version.clone();
        Ok(Copy { lab, database, place: self.place(&counts, &untold, &version), shares: self.shares(&counts) })
    }

    fn lab_options(&self, options: &CopyOptions) -> LabOptions {
        let cache = self.body.setting("shared_buffers").and_then(|one| one.value.parse::<u64>().ok()).unwrap_or(16_384);
        let own = [
            ("shared_buffers", format!("{}MB", room::cache_mb(cache * 8 / 1024, self.bytes))),
            ("maintenance_work_mem", "256MB".to_owned()),
            ("wal_level", "minimal".to_owned()),
            ("max_wal_senders", "0".to_owned()),
            ("max_wal_size", "4GB".to_owned()),
            ("checkpoint_timeout", "1d".to_owned()),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        let given = self.settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        LabOptions {
            programs: options.programs.clone(),
            major: u32::try_from(self.body.server.major()).ok(),
            settings: settings::planner(self.body).chain(own).chain(given).collect(),
            ..LabOptions::default()
        }
    }

    /// All rows out of one snapshot of the target; returns how many each table got.
    async fn rows(&self, client: &Client, untold: &mut Vec<String>) -> Result<HashMap<ObjectId, u64>, Failure> {
        let source = Source::open(self.address).await?;
        self.progress.stage("copying rows", Some(self.tables.len() as u64));
        let mut counts = HashMap::new();
        for (at, table) in self.tables.iter().enumerate() {
            self.progress.step(at as u64);
            go_on(self.progress)?;
            match source.copy(client, table, self.sample.condition(table), true).await? {
                Ok(rows) => drop(counts.insert(table.id, rows)),
                Err(reason) => untold.push(format!("{} is empty here: {reason}", table.name)),
            }
        }
        for _ in 0..ROUNDS {
            if self.sample.share >= 1.0 || self.complete(&source, client, &mut counts).await? == 0 {
                break;
            }
        }
        source.end().await?;
        Ok(counts)
    }

    /// Fetches rows that copied rows refer to; returns how many.
    async fn complete(
        &self,
        source: &Source,
        client: &Client,
        counts: &mut HashMap<ObjectId, u64>,
    ) -> Result<u64, Failure> {
        let by_id = self.body.catalog.by_id();
        let mut fetched = 0;
        for table in &self.tables {
            for (key, references) in table.foreign_keys() {
                let Some(parent) = references.id.and_then(|id| by_id.get(&id)) else { continue };
                if !self.is_sampled(parent) {
                    continue;
                }
                go_on(self.progress)?;
                let rows = source.missing(client, table, key, parent, references).await?;
                *counts.entry(parent.id).or_default() += rows;
                fetched += rows;
            }
        }
        Ok(fetched)
    }

    /// Whether rows of a table, or of a partition of it, may be missing.
    fn is_sampled(&self, table: &Table) -> bool {
        let part = |one: &&&Table| one.id == table.id || one.parents.contains(&table.id);
        self.tables.iter().filter(part).any(|one| self.sample.has(one))
    }

    async fn finish(&self, client: &Client, gaps: &mut Vec<dbwright_core::snapshot::Gap>) -> Result<(), Failure> {
        let views = self.body.catalog.tables.iter().filter(|one| one.kind == TableKind::MaterializedView);
        for view in views {
            go_on(self.progress)?;
            let sql = format!("REFRESH MATERIALIZED VIEW {}", SQL.qualified(&view.schema, &view.name));
            // One that can't be filled here stays empty; the statements that read it say so themselves.
            let _ = client.batch_execute(&sql).await;
        }
        load::run(client, &schema::last(self.body), gaps, self.progress).await?;
        self.progress.stage("gathering statistics in the copy", None);
        client.batch_execute("RESET ALL").await.map_err(|e| refused(&e))?;
        client.batch_execute("VACUUM (ANALYZE)").await.map_err(|e| refused(&e))?;
        client.batch_execute("CHECKPOINT").await.map_err(|e| refused(&e))
    }

    fn shares(&self, counts: &HashMap<ObjectId, u64>) -> HashMap<ObjectName, f64> {
        let mut shares = HashMap::new();
        for table in self.body.catalog.tables.iter().filter(|table| self.is_sampled(table)) {
            let parts = || self.tables.iter().filter(|one| one.id == table.id || one.parents.contains(&table.id));
            let here: u64 = parts().filter_map(|one| counts.get(&one.id)).sum();
            let there: f64 = parts().filter_map(|one| one.rows).sum();
            let name = ObjectName { schema: table.schema.clone(), name: table.name.clone() };
            shares.insert(name, (here as f64 / there.max(1.0)).clamp(1e-9, 1.0));
        }
        shares
    }

    fn place(&self, counts: &HashMap<ObjectId, u64>, untold: &[String], version: &str) -> String {
        let (count, rows) = (counts.len(), counts.values().sum::<u64>());
        let what = if self.sample.share >= 1.0 {
            format!("all {rows} rows of {count} {}", if count == 1 { "table" } else { "tables" })
        } else {
            format!(
                "a sample of {:.1} % ({rows} rows of {count} tables, foreign keys whole)",
                self.sample.share * 100.0
            )
        };
        let more = untold.len().saturating_sub(TOLD);
        let told: Vec<&str> = untold.iter().take(TOLD).map(String::as_str).collect();
        let lacks = match (told.is_empty(), more) {
            (true, _) => String::new(),
            (false, 0) => format!("; {}", told.join("; ")),
            (false, more) => format!("; {}; and {more} more", told.join("; ")),
        };
        format!("a copy of {what} in PostgreSQL {version}{lacks}")
    }
}

/// # Errors
/// When the user asked to stop.
fn go_on(progress: &dyn Progress) -> Result<(), Failure> {
    if !progress.cancelled() {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Interrupted, "interrupted", "stopped while the copy was being made"))
}

fn refused(error: &tokio_postgres::Error) -> Failure {
    Failure::internal("lab.copy", format!("the copy can't be finished: {}", crate::error::text(error)))
}

/// The columns whose values are copied: the others are made anew.
pub(super) fn columns(table: &Table) -> Vec<String> {
    table.columns.iter().filter(|column| kept(column)).map(|column| column.name.clone()).collect()
}
