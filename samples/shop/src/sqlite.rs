//! Builds the shop as a SQLite file.

use std::path::Path;

use dbwright_core::progress::Progress;
use rusqlite::Connection;
use rusqlite::types::ToSqlOutput;

use crate::Error;
use crate::rows::{TABLES, Table, Value};

/// Builds the shop at `path`, which must not exist, with that many orders. Either the whole file is
/// there afterwards, or none: it is built beside its place and moved there.
///
/// # Errors
/// When SQLite or the file system refuses, or `progress` was cancelled.
pub fn build(path: &Path, orders: u64, progress: &dyn Progress) -> Result<(), Error> {
    let unfinished = path.with_extension("unfinished");
    let result = fill(&unfinished, orders, progress).and_then(|()| Ok(std::fs::rename(&unfinished, path)?));
    if result.is_err() {
        // The first error is the one to tell; a leftover is overwritten by the next build.
        let _ = std::fs::remove_file(&unfinished);
    }
    result
}

fn fill(path: &Path, orders: u64, progress: &dyn Progress) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    let mut db = Connection::open(path)?;
    // The file is made anew when this fails, so nothing needs to survive a crash.
    db.pragma_update(None, "journal_mode", "off")?;
    db.pragma_update(None, "synchronous", "off")?;
    db.pragma_update(None, "foreign_keys", "off")?;
    db.execute_batch(include_str!("../schema.sqlite.sql"))?;
    let total = TABLES.iter().map(|table| (table.count)(orders)).sum();
    progress.stage("building the sample shop", Some(total));
    let mut done = 0;
    for table in TABLES {
        done += load(&mut db, table, orders, done, progress)?;
    }
    db.execute_batch(include_str!("../faults.sqlite.sql"))?;
    db.pragma_update(None, "journal_mode", "delete")?;
    Ok(())
}

/// Loads one table; returns its rows.
fn load(db: &mut Connection, table: &Table, orders: u64, before: u64, progress: &dyn Progress) -> Result<u64, Error> {
    let marks = vec!["?"; table.columns.len()].join(", ");
    let sql = format!("INSERT INTO {} ({}) VALUES ({marks})", table.name, table.columns.join(", "));
    let transaction = db.transaction()?;
    let count = (table.count)(orders);
    {
        let mut insert = transaction.prepare(&sql)?;
        for n in 1..=count {
            insert.execute(rusqlite::params_from_iter((table.row)(n, orders)))?;
            if n.is_multiple_of(10_000) {
                progress.step(before + n);
                if progress.cancelled() {
                    return Err(Error::Cancelled);
                }
            }
        }
    }
    transaction.commit()?;
    Ok(count)
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Int(n) => ToSqlOutput::from(*n),
            Self::Text(text) => ToSqlOutput::from(text.as_str()),
            Self::Null => ToSqlOutput::from(rusqlite::types::Null),
        })
    }
}
