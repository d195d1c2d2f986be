//! The rows of a stage: made piece by piece, counted, and told.

use dbwright_core::progress::Progress;
use dbwright_core::{Failure, FailureKind};
use dbwright_sql::model::Table;

use super::report::TableRows;
use super::touched::Touched;

/// The pieces in which the rows of a table are made, with their progress.
pub struct Pieces<'a> {
    progress: &'a dyn Progress,
    done: u64,
    count: u64,
    chunk: u64,
}

impl<'a> Pieces<'a> {
    /// `count` rows, at most `chunk` with one statement.
    #[must_use]
    pub fn of(table: &Table, count: u64, chunk: u64, progress: &'a dyn Progress) -> Self {
        progress.stage(&format!("making rows for {}.{}", table.schema, table.name), Some(count));
        Self { progress, done: 0, count, chunk }
    }

    /// The next piece: rows that are there, and how many are to come; none when all are there.
    ///
    /// # Errors
    /// When the user stops.
    pub fn next_piece(&mut self) -> Result<Option<(u64, u64)>, Failure> {
        if self.done > 0 {
            self.progress.step(self.done);
        }
        if self.done >= self.count {
            return Ok(None);
        }
        if self.progress.cancelled() {
            return Err(Failure::new(FailureKind::Interrupted, "interrupted", "stopped while rows were being made"));
        }
        let (there, rows) = (self.done, self.chunk.min(self.count - self.done));
        self.done += rows;
        Ok(Some((there, rows)))
    }
}

/// How many rows a touched table has.
#[must_use]
pub fn counted(touched: &Touched<'_>, table: &Table, rows: u64) -> TableRows {
    let loaded = touched.loaded.iter().any(|one| one.id == table.id);
    TableRows { table: format!("{}.{}", table.schema, table.name), rows, loaded }
}

/// What is on a stage of made-up rows, for people.
#[must_use]
pub fn told(tables: &[TableRows], server: &str) -> String {
    let all: u64 = tables.iter().map(|table| table.rows).sum();
    tables.iter().max_by_key(|table| table.rows).map_or_else(
        || format!("no rows; {server}"),
        |largest| format!("{all} made-up rows, {} of them in {}; {server}", largest.rows, largest.table),
    )
}
