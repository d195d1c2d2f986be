//! How much work a statement makes while it holds the file's only write lock, in words and numbers.

use dbwright_core::Finding;
use dbwright_core::words::{bytes, count, seconds};

use super::world::Table;
use crate::migrate::plan::{COPY_MS_A_ROW, INDEX_MS_A_ROW};

/// Milliseconds that nobody notices.
const UNNOTICED_MS: f64 = 100.0;

/// What kind of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// The table is made anew, with its indexes.
    Rebuild,
    /// Every row is written.
    Rows,
    /// An index is built.
    Index,
}

impl Table {
    /// Bytes that the work goes over.
    fn concerned(&self, work: Work) -> Option<u64> {
        let rows = self.bytes?;
        Some(if work == Work::Rebuild { rows + self.index_bytes.unwrap_or(0) } else { rows })
    }

    /// Milliseconds that the work takes, about.
    pub(crate) fn ms(&self, work: Work) -> Option<f64> {
        let indexes = self.state.as_ref().map_or(0, |state| state.indexes.len());
        let a_row = match work {
            Work::Rebuild => COPY_MS_A_ROW + INDEX_MS_A_ROW * f64::from(u32::try_from(indexes).unwrap_or(u32::MAX)),
            Work::Rows => COPY_MS_A_ROW,
            Work::Index => INDEX_MS_A_ROW,
        };
        self.rows.map(|rows| rows * a_row)
    }

    /// Whether the work is done before anybody notices.
    pub(crate) fn brief(&self, work: Work) -> bool {
        self.ms(work).is_some_and(|ms| ms < UNNOTICED_MS)
    }

    /// What happens, as the end of a title: `writes 1,200,000 rows (340 MB) anew, about 5 s`.
    pub(crate) fn effort(&self, work: Work) -> String {
        let rows = self.rows.map_or_else(|| "all rows".to_owned(), |rows| format!("{} rows", count(rows)));
        let size = self.concerned(work).map(|size| format!(" ({})", bytes(size))).unwrap_or_default();
        let time = self.ms(work).filter(|ms| *ms >= 1000.0).map(|ms| format!(", about {}", seconds(ms / 1000.0)));
        let what = match work {
            Work::Rebuild | Work::Rows => "writes",
            Work::Index => "builds an index over",
        };
        let anew = if work == Work::Rebuild { " anew" } else { "" };
        format!("{what} {rows}{size}{anew}{}", time.unwrap_or_default())
    }

    /// The work in parentheses, where the rows are known.
    pub(crate) fn aside(&self, work: Work) -> String {
        self.rows.map_or_else(String::new, |_| format!(" (it {})", self.effort(work)))
    }

    /// Gives a finding the numbers, and one degree less harm where nobody would notice.
    pub(crate) fn weigh(&self, finding: Finding, work: Work) -> Finding {
        let milder = finding.severity.milder();
        let finding = if self.brief(work) { finding.severity(milder) } else { finding };
        let finding = self.numbers(finding);
        match self.ms(work) {
            Some(ms) => finding.evidence("estimate", ms.round(), "ms", "rows at a usual speed"),
            None => finding,
        }
    }

    /// Gives a finding what is known of the table.
    pub(crate) fn numbers(&self, mut finding: Finding) -> Finding {
        if let Some(rows) = self.rows {
            finding = finding.evidence("rows", rows, "rows", "the target");
        }
        if let Some(bytes) = self.bytes {
            finding = finding.evidence("size", bytes, "bytes", "dbstat");
        }
        if finding.evidence.is_empty() {
            finding = finding.evidence("table", "not known", "", "no target, and no earlier file makes it");
        }
        finding
    }
}
