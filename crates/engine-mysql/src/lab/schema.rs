//! A schema file as a target: loaded into a lab, observed there, and shown as what it is.
//!
//! Only the schema of the snapshot is the user's; variables, counters, sizes and sessions are the lab's, and are taken
//! out again, each with a gap, so that no rule judges them.

use std::path::Path;

use dbwright_check::{SchemaLab, schema_file};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::{BoxFuture, Failure, Snapshot};

use super::file::Loader;
use super::{Lab, LabOptions};
use crate::MySql;
use crate::body::{Activity, Body, Digests, IndexFacts, Innodb, TableFacts, area};
use crate::flavour::{Flavour, version_numbers};

/// Areas that a schema file can't have.
const ABSENT: [&str; 16] = [
    area::SERVER,
    area::SIZES,
    area::STATISTICS,
    area::VARIABLES,
    area::VARIABLE_SOURCES,
    area::STATUS,
    area::SESSIONS,
    area::TRANSACTIONS,
    area::LOCK_WAITS,
    area::METADATA_LOCKS,
    area::INNODB,
    area::TABLE_STATISTICS,
    area::STATEMENTS,
    area::INDEX_USE,
    area::REPLICATION,
    area::ACCOUNTS,
];

const REASON: &str = "a schema file has no rows, statistics, variables, accounts or sessions";

/// How far into a dump its head tells which server wrote it.
const HEAD: usize = 2_000;

impl SchemaLab for MySql {
    fn dialects(&self) -> &'static [&'static str] {
        &["mysql", "mariadb"]
    }

    fn load<'a>(
        &'a self,
        file: &'a Path,
        sql: &'a str,
        dialect: &'a str,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot, Failure>> {
        Box::pin(load(file, sql, dialect, options, progress))
    }
}

async fn load(
    file: &Path,
    sql: &str,
    dialect: &str,
    options: &ObserveOptions,
    progress: &dyn Progress,
) -> Result<Snapshot, Failure> {
    let flavour = if dialect == "mariadb" { Flavour::MariaDb } else { Flavour::MySql };
    let version = written_by(sql).filter(|(own, _)| *own == flavour).map(|(_, version)| version);
    let wanted = LabOptions { programs: options.programs.clone(), version, ..LabOptions::of(flavour) };
    let lab = Lab::start(&wanted, progress).await?;
    let mut connection = crate::connect::open(&lab.address("")?, options.connect_timeout).await?;
    let mut loader = Loader::new(file, sql, &mut connection.conn);
    loader.run(progress).await?;
    let (passed, database) = loader.done();
    let snapshot = crate::observe::observe(&lab.address(&database)?, options, progress).await?;
    let header = snapshot.header.clone();
    let body = snapshot.body::<Body>()?.clone();
    let unread = header.gaps.iter().filter(|gap| gap.area == area::CATALOG || gap.area == area::CONNECTION).cloned();
    let gaps = unread.chain(schema_file::gaps(&ABSENT, REASON, dialect, &passed.lines)).collect();
    let header = schema_file::header(file, gaps, header);
    let workload = options.workload.clone();
    Ok(Snapshot::new(header, Body { workload, ..schema_only(body) }))
}

/// The server that a dump says it comes from.
fn written_by(sql: &str) -> Option<(Flavour, (u16, u16, u16))> {
    let head: String = sql.chars().take(HEAD).collect();
    let line = head.lines().find(|line| line.starts_with("-- Server version"))?;
    let text = line.trim_start_matches("-- Server version").trim();
    let version = version_numbers(text);
    (version.0 > 0).then(|| (Flavour::of(text), version))
}

/// Takes out what is the lab's.
fn schema_only(mut body: Body) -> Body {
    body.catalog.forget_sizes();
    for facts in body.tables.values_mut() {
        for partition in &mut facts.partitions {
            partition.rows = None;
            partition.bytes = None;
        }
        let kept = std::mem::take(facts);
        *facts = TableFacts { free_bytes: None, row_bytes: None, created: None, analyzed: None, io: None, ..kept };
    }
    for facts in body.indexes.values_mut() {
        let kept = std::mem::take(facts);
        *facts = IndexFacts { cardinality: Vec::new(), io: None, ..kept };
    }
    Body {
        variables: std::collections::BTreeMap::new(),
        status: std::collections::BTreeMap::new(),
        latency: None,
        activity: Activity::default(),
        innodb: Innodb::default(),
        statements: Digests::default(),
        replication: Vec::new(),
        accounts: Vec::new(),
        open_schemas: Vec::new(),
        // A lab answers for itself; only what the schema names is told.
        zones: crate::body::TimeZones { loaded: None, ..body.zones },
        ..body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_says_which_server_wrote_it() {
        let mysql = "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Server version\t8.0.36\n";
        assert_eq!(written_by(mysql), Some((Flavour::MySql, (8, 0, 36))));
        let mariadb = "-- MariaDB dump 10.19\n-- Server version\t10.11.6-MariaDB-0+deb12u1-log\n";
        assert_eq!(written_by(mariadb), Some((Flavour::MariaDb, (10, 11, 6))));
        assert_eq!(written_by("CREATE TABLE t (a int);"), None);
    }
}
