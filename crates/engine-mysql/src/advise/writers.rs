//! What the workload's own statements write: it decides what an index costs to keep.

use dbwright_advise::index::{Index, ObjectName};
use dbwright_advise::port::Estimate;
use dbwright_advise::usage::Usage;
use dbwright_core::workload::Statement;

use super::plan::ENTRY;
use super::usage::Draft;

/// A statement that writes a table.
#[derive(Debug, Clone)]
struct Writer {
    table: ObjectName,
    /// Columns that it changes; none when whole rows come or go.
    changed: Vec<String>,
    /// Rows in the workload's window.
    rows: f64,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Writers(Vec<Writer>);

impl Writers {
    /// Notes what a statement writes.
    pub(super) fn note(&mut self, statement: &Statement, drafts: &[Draft], usage: &Usage) {
        for (draft, table) in drafts.iter().zip(&usage.tables).filter(|(draft, _)| draft.written) {
            let counted = statement.rows.filter(|rows| *rows > 0.0);
            let reads = !draft.conditions.is_empty();
            let guessed = if reads { table.kept.max(1.0) } else { 1.0 };
            let rows = counted.unwrap_or(statement.calls * guessed);
            self.0.push(Writer { table: draft.table.clone(), changed: draft.changed.clone(), rows });
        }
    }

    /// Entries that the workload would write to an index.
    fn entries(&self, index: &Index) -> f64 {
        let holds = |column: &String| {
            let keys = index.keys.iter().map(|key| &key.part);
            index.include.contains(column) || keys.into_iter().any(|part| names(part, column))
        };
        let written = |writer: &&Writer| writer.changed.is_empty() || writer.changed.iter().any(holds);
        // A changed key is an entry that goes and one that comes.
        let times = |writer: &Writer| if writer.changed.is_empty() { 1.0 } else { 2.0 };
        let own = self.0.iter().filter(|writer| writer.table == index.table).filter(written);
        own.map(|writer| writer.rows * times(writer)).sum()
    }

    /// What keeping an index costs in the window; `share` is that of the table's rows which are in the copy, where reading
    /// costs as much less.
    pub(super) fn upkeep(&self, index: &Index, share: f64) -> f64 {
        self.entries(index) * ENTRY * share
    }

    /// The same in words, with the bytes that the index takes.
    pub(super) fn estimate(&self, index: &Index, share: f64, bytes: u64) -> Estimate {
        let entries = self.entries(index);
        let reason = if entries > 0.0 {
            format!("{entries:.0} entries are written by the workload's statements")
        } else {
            "no statement of the workload writes to it".to_owned()
        };
        Estimate { bytes, upkeep: entries * ENTRY * share, reason, entry: ENTRY * share }
    }
}

fn names(part: &dbwright_advise::KeyPart, column: &str) -> bool {
    match part {
        dbwright_advise::KeyPart::Column(name) => name == column,
        dbwright_advise::KeyPart::Expression(text) => text.contains(column),
    }
}
