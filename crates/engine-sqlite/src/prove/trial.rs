//! Carrying a change out, and what it took.

use std::time::Instant;

use dbwright_core::Change;
use rusqlite::Connection;

/// What carrying a change out took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Milliseconds.
    pub(super) ms: f64,
    /// Bytes of the file before and after.
    file: [u64; 2],
    /// Bytes of it that hold something.
    used: [u64; 2],
}

/// Carries a change out.
///
/// # Errors
/// The statement that failed, and SQLite's reason.
pub(super) fn carry_out<'a>(change: &'a Change, db: &Connection) -> Result<Cost, (&'a str, rusqlite::Error)> {
    let before = space(db);
    let start = Instant::now();
    for sql in &change.forward {
        step_through(db, sql).map_err(|error| (sql.as_str(), error))?;
    }
    let ms = start.elapsed().as_secs_f64() * 1000.0;
    let after = space(db);
    Ok(Cost { ms, file: [before.0, after.0], used: [before.1, after.1] })
}

/// Runs a statement to its end, whatever rows it gives.
fn step_through(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}

/// Bytes of the file, and those that hold something.
fn space(db: &Connection) -> (u64, u64) {
    let number = |name: &str| db.query_row(&format!("PRAGMA main.{name}"), [], |row| row.get::<_, i64>(0)).unwrap_or(0);
    let (page, pages, free) = (number("page_size"), number("page_count"), number("freelist_count"));
    ((pages * page).cast_unsigned(), ((pages - free) * page).cast_unsigned())
}

impl Cost {
    /// What it did to the file's length, as the rest of a sentence; empty when nothing changed.
    pub(super) fn space(&self) -> String {
        let [before, after] = self.file;
        let [used, still] = self.used;
        if before > after {
            format!(" and shortened the file from {} to {}", megabytes(before), megabytes(after))
        } else if used > still {
            format!(" and left {} of the file free", megabytes(used - still))
        } else if still > used {
            format!(" and filled {}", megabytes(still - used))
        } else {
            String::new()
        }
    }
}

/// Bytes for people.
fn megabytes(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1.0 { format!("{:.0} KiB", bytes as f64 / 1024.0) } else { format!("{mib:.1} MiB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_told_where_it_changed() {
        let cost = |file, used| Cost { ms: 1.0, file, used }.space();
        assert_eq!(cost([4 << 20, 1 << 20], [1 << 20, 1 << 20]), " and shortened the file from 4.0 MiB to 1.0 MiB");
        assert_eq!(cost([8192, 8192], [8192, 4096]), " and left 4 KiB of the file free");
        assert_eq!(cost([8192, 12288], [8192, 12288]), " and filled 4 KiB");
        assert_eq!(cost([8192, 8192], [8192, 8192]), "");
    }
}
