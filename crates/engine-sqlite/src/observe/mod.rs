//! Observes a database file in one read transaction.
//!
//! What needs few pages (schema, statistics, keys) is read whole. What needs all pages (integrity, orphans,
//! sizes) has four thirtieths of the statement timeout in all, 4 s by default, so that a file of any length is
//! looked at in seconds; what one part leaves of its share the next ones have, and what was cut short becomes a gap.

mod catalog;
mod classes;
mod index_sql;
mod integrity;
mod migrations;
mod orphans;
mod reader;
mod rows;
mod sizes;
mod statistics;

use std::path::Path;
use std::time::{Duration, Instant};

use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::snapshot::{Cost, Header};
use dbwright_core::{Failure, Snapshot};
use jiff::Timestamp;

pub(crate) use catalog::affinity;
use reader::Reader;
pub(crate) use reader::{Deadline, interrupted};
pub(crate) use rows::{quoted, rowid};

use crate::body::{FileFacts, SqliteBody, area};
use crate::connect::Source;
use crate::error::Error;

/// How often a file that is changed while it is read is read anew.
const ATTEMPTS: u32 = 3;

/// Least time of a part, however short the timeout is.
const LEAST: Duration = Duration::from_millis(50);

/// Observes the file at `path`.
///
/// # Errors
/// When it is no database, locked, or may not be read. Damage is no error: it is what was observed.
pub(crate) fn file(path: &Path, options: &ObserveOptions, progress: &dyn Progress) -> Result<Snapshot, Failure> {
    let mut attempt = 1;
    loop {
        let mut source = Source::open(path, options)?;
        let snapshot = source_snapshot(&mut source, options, progress)?;
        if !source.changed() || attempt == ATTEMPTS {
            return Ok(snapshot);
        }
        attempt += 1;
    }
}

/// Observes an open source.
///
/// # Errors
/// When the user stops it.
pub(crate) fn source_snapshot(
    source: &mut Source,
    options: &ObserveOptions,
    progress: &dyn Progress,
) -> Result<Snapshot, Failure> {
    let start = Instant::now();
    let deadline = Deadline::install(&mut source.db).map_err(Error::sqlite("the connection is unusable"))?;
    let mut reader = Reader::new(&source.db, deadline);
    let body = body(&mut reader, source, options, progress)?;
    let (gaps, queries, seconds) = (reader.gaps, reader.queries, reader.seconds);
    let header = Header {
        engine: "sqlite".to_owned(),
        version: rusqlite::version().to_owned(),
        name: source.path.display().to_string(),
        observed_at: Timestamp::now(),
        dbwright: env!("CARGO_PKG_VERSION").to_owned(),
        without_values: options.values == Values::None,
        gaps,
        cost: Cost { queries, bytes: 0, target_s: seconds, own_s: (start.elapsed().as_secs_f64() - seconds).max(0.0) },
    };
    Ok(Snapshot::new(header, body))
}

fn body(
    reader: &mut Reader<'_>,
    source: &Source,
    options: &ObserveOptions,
    progress: &dyn Progress,
) -> Result<SqliteBody, Error> {
    let start = Instant::now();
    // What remains until a share of the whole time is used up.
    let until = |percent: u32| {
        let end = options.statement_timeout * 4 / 3000 * percent;
        end.saturating_sub(start.elapsed()).max(LEAST)
    };
    let go_on = |stage: &str| {
        progress.stage(stage, None);
        if progress.cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    };
    go_on("reading the schema")?;
    let file = file_facts(reader, source);
    let (mut catalog, mut tables) = catalog::read(reader);
    if catalog.tables.is_empty()
        && let Some(error) = &source.damaged
    {
        reader.gap(area::CATALOG, format!("the schema can't be read: {error}"), Some("sqlite3 FILE .recover"));
    }
    let statistics = statistics::read(reader);
    let migrations = migrations::read(reader);
    rows::read(reader, until(10), &mut catalog, &mut tables, statistics.as_ref());
    go_on("looking at storage classes")?;
    classes::read(reader, until(22), &catalog, &mut tables);
    go_on("checking foreign keys")?;
    let orphans = orphans::read(reader, until(45), &catalog);
    go_on("measuring tables and indexes")?;
    sizes::read(reader, until(60), &mut catalog);
    go_on("checking the file's integrity")?;
    let integrity = integrity::read(reader, until(100), source.bytes, &catalog, source.damaged.as_deref());
    if source.changed() {
        reader.gap(area::CATALOG, "the file was written to while it was read", Some("run it again"));
    }
    Ok(SqliteBody {
        file,
        catalog,
        tables,
        statistics,
        integrity,
        orphans,
        migrations,
        workload: options.workload.clone(),
    })
}

fn file_facts(reader: &mut Reader<'_>, source: &Source) -> FileFacts {
    let mut number = |name: &str| -> i64 {
        reader.first(&format!("PRAGMA main.{name}"), [], |row| row.get(0)).ok().flatten().unwrap_or(0)
    };
    let page_size = source.header.map_or_else(|| number("page_size"), |header| header.page_size.into());
    let narrow = |value: i64| i32::try_from(value).unwrap_or(0);
    let promised = source.header.and_then(|header| header.pages.filter(|_| !header.wal));
    let promised = promised.map_or(0, |pages| u64::from(pages) * page_size.cast_unsigned());
    let mut facts = FileFacts {
        bytes: source.bytes,
        missing_bytes: promised.saturating_sub(source.bytes),
        wal_bytes: source.wal_bytes,
        page_size: u32::try_from(page_size).unwrap_or(0),
        page_count: number("page_count").cast_unsigned(),
        free_pages: number("freelist_count").cast_unsigned(),
        journal: if source.header.is_some_and(|header| header.wal) { "wal" } else { "rollback" }.to_owned(),
        auto_vacuum: ["none", "full", "incremental"][usize::try_from(number("auto_vacuum")).unwrap_or(0).min(2)]
            .to_owned(),
        user_version: narrow(number("user_version")),
        application_id: narrow(number("application_id")),
        library_enforces_foreign_keys: number("foreign_keys") == 1,
        read: source.read.clone(),
        ..FileFacts::default()
    };
    let encoding = reader.first("PRAGMA main.encoding", [], |row| reader::text(row, 0));
    facts.encoding = encoding.ok().flatten().unwrap_or_default();
    facts
}

/// The catalog of a connection.
///
/// # Errors
/// When the connection is unusable.
#[cfg(test)]
pub(crate) fn catalog_of(mut db: rusqlite::Connection) -> rusqlite::Result<dbwright_sql::Catalog> {
    let deadline = Deadline::install(&mut db)?;
    Ok(catalog::read(&mut Reader::new(&db, deadline)).0)
}
