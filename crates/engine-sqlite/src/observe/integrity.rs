//! SQLite's own check of the file: indexes included when the file is small, the tables alone when it is not.
//!
//! A large file is checked table by table, the smallest first, until the time is up: a few large
//! tables then do not keep the many small ones from being looked at.

use std::time::Duration;

use dbwright_sql::model::{Catalog, TableKind};

use super::reader::{Reader, interrupted, text};
use crate::body::{Integrity, area};

/// File length up to which indexes are compared with their tables: about half a second.
const FULL_UP_TO: u64 = 64 << 20;
/// Complaints that are kept.
const KEPT: usize = 100;
/// The complete check, for people.
const REMEDY: &str = "--statement-timeout, ten times as long, or: sqlite3 FILE 'PRAGMA integrity_check'";

/// Checks the file, within `time`. `damaged` is what SQLite said when it was opened.
pub(super) fn read(
    reader: &mut Reader<'_>,
    time: Duration,
    bytes: u64,
    catalog: &Catalog,
    damaged: Option<&str>,
) -> Integrity {
    let full = bytes <= FULL_UP_TO;
    let check = if full { "integrity_check" } else { "quick_check" };
    let mut result = Integrity { check: check.to_owned(), ..Integrity::default() };
    result.problems.extend(damaged.map(str::to_owned));
    reader.within(time, |reader| {
        if full {
            result.complete = run(reader, &format!("PRAGMA main.integrity_check({KEPT})"), &mut result.problems);
        } else {
            by_table(reader, catalog, &mut result);
        }
    });
    result.problems.truncate(KEPT);
    if !full {
        let reason = if result.complete {
            format!("the indexes of a file of {} MB are not compared with their tables", bytes >> 20)
        } else {
            format!(
                "the time was up after {} tables; indexes are not compared with their tables",
                result.tables_checked
            )
        };
        reader.gap(area::INTEGRITY, reason, Some(REMEDY));
    } else if !result.complete {
        reader.gap(area::INTEGRITY, "the time was up before the check came to its end", Some(REMEDY));
    }
    result
}

fn by_table(reader: &mut Reader<'_>, catalog: &Catalog, result: &mut Integrity) {
    let mut tables: Vec<_> = catalog.tables.iter().filter(|table| table.kind == TableKind::Table).collect();
    tables.sort_by(|a, b| a.rows.unwrap_or(f64::MAX).total_cmp(&b.rows.unwrap_or(f64::MAX)));
    result.complete = true;
    for table in tables {
        let name = dbwright_sql::Dialect::Sqlite.literal(&table.name);
        let done = run(reader, &format!("PRAGMA main.quick_check({name})"), &mut result.problems);
        result.tables_checked += u64::from(done);
        result.complete &= done;
        if reader.over() {
            return;
        }
    }
}

/// Runs a check; whether it came to its end.
fn run(reader: &mut Reader<'_>, sql: &str, problems: &mut Vec<String>) -> bool {
    let (rows, error) = reader.rows_until(sql, [], |row| text(row, 0));
    problems.extend(rows.into_iter().filter(|row| row != "ok"));
    match error {
        None => true,
        Some(error) if interrupted(&error) => false,
        Some(error) => {
            problems.push(error.to_string());
            true
        }
    }
}
