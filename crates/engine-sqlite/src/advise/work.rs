//! What a statement costs: counted, not timed.

use std::ffi::c_int;

use rusqlite::{Connection, StatementStatus, ffi};

use crate::observe::interrupted;
use crate::prove::{Digest, Side, drain};

/// What one touched page weighs in instructions: finding a cell in it takes about as long as ten of them.
const PAGE: f64 = 10.0;
/// What one entry of one index weighs when a row is written: a descent through three pages, and three instructions.
pub(super) const ENTRY: f64 = 3.0 * PAGE + 3.0;

/// What a run took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Work {
    /// Instructions, and pages by [`PAGE`].
    pub(super) cost: f64,
    /// Rows that it changed.
    pub(super) changed: u64,
    /// Its rows.
    pub(super) digest: Digest,
    /// Whether it was stopped: all figures are lower bounds.
    pub(super) cut: bool,
}

/// Runs a statement once, whatever it writes undone.
///
/// # Errors
/// SQLite's reason; a run that takes too long is none.
pub(super) fn of(side: &Side, sql: &str) -> rusqlite::Result<Work> {
    let mut statement = side.db.prepare(sql)?;
    let writes = !statement.readonly();
    if writes {
        side.db.execute_batch("SAVEPOINT work")?;
    }
    statement.reset_status(StatementStatus::VmStep);
    let (pages, changes) = (touched(&side.db), side.db.total_changes());
    let ran = side.limited(|| drain(&mut statement));
    let pages = touched(&side.db).saturating_sub(pages);
    let changed = side.db.total_changes().saturating_sub(changes);
    let steps = statement.get_status(StatementStatus::VmStep);
    drop(statement);
    if writes {
        side.db.execute_batch("ROLLBACK TO work; RELEASE work")?;
    }
    let (digest, cut) = match ran {
        Ok(digest) => (digest, false),
        Err(error) if interrupted(&error) => (Digest::default(), true),
        Err(error) => return Err(error),
    };
    Ok(Work { cost: f64::from(steps) + PAGE * pages as f64, changed, digest, cut })
}

/// Pages that were looked for in the cache so far, found or not.
fn touched(db: &Connection) -> u64 {
    let status = |which: c_int| {
        let (mut now, mut highest) = (0, 0);
        // SAFETY: the handle is that of an open connection, and both places are written before they are read.
        let code = unsafe { ffi::sqlite3_db_status(db.handle(), which, &raw mut now, &raw mut highest, 0) };
        if code == ffi::SQLITE_OK { u64::from(now.cast_unsigned()) } else { 0 }
    };
    status(ffi::SQLITE_DBSTATUS_CACHE_HIT) + status(ffi::SQLITE_DBSTATUS_CACHE_MISS)
}

/// Root pages of the tables and indexes that a statement writes to, with the indexes that are visible now.
///
/// # Errors
/// SQLite's reason.
pub(super) fn written(side: &Side, sql: &str) -> rusqlite::Result<Vec<i64>> {
    let mut statement = side.db.prepare(&format!("EXPLAIN {sql}"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(1)?, row.get::<_, i64>(3)?)))?;
    let roots = rows.filter_map(|row| match row {
        Ok((opcode, root)) => (opcode == "OpenWrite").then_some(Ok(root)),
        Err(error) => Some(Err(error)),
    });
    roots.collect()
}
