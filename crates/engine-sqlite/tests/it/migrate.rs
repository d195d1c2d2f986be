//! Migrations on real files, through the runner: what the statement says is there afterwards, and undo gives back what
//! was there before, row for row.

mod changes;
mod elsewhere;
mod interrupted;
mod refused;
mod rehearsed;

use std::path::Path;

use dbwright_core::Failure;
use dbwright_core::progress::{Progress, Silent};
use dbwright_engine_sqlite::Sqlite;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::run::{self, Options, Outcome};
use dbwright_migrate::{Migration, OnlineDdl as _, Session};
use rusqlite::Connection;
use rusqlite::types::Value;
use sha2::{Digest as _, Sha256};

use crate::common::{self, Database};

/// A migration of one text.
pub(crate) fn migration(version: &str, sql: &str) -> Migration {
    let up = Sqlite.read(&format!("{version}.sql"), sql).unwrap_or_else(|e| panic!("{e}\n{sql}"));
    Migration {
        version: version.to_owned(),
        name: String::new(),
        file: format!("{version}.sql"),
        checksum: format!("{:x}", Sha256::digest(sql)),
        up,
        down: None,
        repeatable: false,
    }
}

pub(crate) fn session(path: &Path) -> Result<Box<dyn Session>, Failure> {
    common::now(Sqlite.open(&common::address(path), &OpenOptions::default(), &Silent))
}

/// Applies a migration with options.
pub(crate) fn apply_with(
    path: &Path,
    sql: &str,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    let mut session = session(path)?;
    common::now(run::apply(&mut *session, &[migration("1", sql)], options, progress))
}

pub(crate) fn apply(path: &Path, sql: &str) -> Result<Outcome, Failure> {
    apply_with(path, sql, &Options::default(), &Silent)
}

pub(crate) fn resume(path: &Path, sql: &str) -> Result<Outcome, Failure> {
    let mut session = session(path)?;
    common::now(run::resume(&mut *session, &[migration("1", sql)], &Options::default(), &Silent))
}

pub(crate) fn undo(path: &Path) -> Result<Outcome, Failure> {
    let mut session = session(path)?;
    common::now(run::undo(&mut *session, &[], &Options::default(), &Silent))
}

pub(crate) fn contract(path: &Path) -> Result<Outcome, Failure> {
    let mut session = session(path)?;
    common::now(run::contract(&mut *session, &[], &Options::default(), &Silent))
}

/// The schema and all rows of a file with their keys, but for the journal; spelling that makes no difference left out.
pub(crate) fn contents(path: &Path) -> Vec<String> {
    let db = Connection::open(path).expect("it opens");
    let own = "name NOT LIKE 'dbwright\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'dbwright\\_%' ESCAPE '\\'";
    let mut found = texts(
        &db,
        &format!(
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE {own} ORDER BY type, name"
        ),
    );
    for line in &mut found {
        *line = line.replace(['"', ' ', '\n'], "").to_lowercase();
    }
    for table in texts(
        &db,
        &format!(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND {own} AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
        ),
    ) {
        let table = table.replace('"', "\"\"");
        let hidden = db.prepare(&format!("SELECT rowid FROM \"{table}\"")).is_ok();
        let rows = if hidden {
            format!("SELECT rowid, * FROM \"{table}\" ORDER BY 1")
        } else {
            format!("SELECT * FROM \"{table}\" ORDER BY 1")
        };
        found.extend(
            rows_of(&db, &rows)
                .into_iter()
                .filter(|row| !row.contains("dbwright_"))
                .map(|row| format!("{table}: {row}")),
        );
    }
    found
}

pub(crate) fn texts(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("a text")).collect()
}

pub(crate) fn rows_of(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values = (0..columns).map(|at| Ok(format!("{:?}", row.get::<_, Value>(at)?)));
        Ok(values.collect::<Result<Vec<_>, rusqlite::Error>>()?.join(" "))
    });
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

/// What dbwright's own objects are in a file, but for the journal.
pub(crate) fn leftovers(path: &Path) -> Vec<String> {
    let db = Connection::open(path).expect("it opens");
    texts(
        &db,
        "SELECT name FROM sqlite_schema WHERE name GLOB 'dbwright_*' AND sql IS NOT NULL AND name NOT IN ('dbwright_migrations', 'dbwright_steps')",
    )
}

/// A file that `sql` filled.
pub(crate) fn file(sql: &str) -> Database {
    Database::of(sql)
}
