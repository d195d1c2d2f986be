//! How much work a statement makes, in words and numbers: `rewrites 48 GB under ACCESS EXCLUSIVE, about 6 min`.

use dbwright_core::{Finding, Severity};

use super::world::{Origin, Table};
use crate::words::{as_f64, bytes, count};

/// Bytes that are rewritten in a second, indexes included. A coarse figure for an ordinary server, on the cautious side.
const REWRITTEN: f64 = 130e6;
/// Bytes that are read and checked in a second.
const READ: f64 = 400e6;
/// Bytes of a table from which an index is built in a second.
const INDEXED: f64 = 100e6;
/// Seconds that nobody notices.
const UNNOTICED: f64 = 0.1;

/// What kind of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The table and its indexes are written anew.
    Rewrite,
    /// All rows are read.
    Scan,
    /// An index is built.
    Index,
    /// The catalog alone is changed.
    Moment,
}

/// Work under a lock on one table.
#[derive(Debug, Clone)]
pub struct Effort<'a> {
    /// The table.
    pub table: &'a Table,
    /// What is done.
    pub work: Work,
    /// The lock that is held meanwhile.
    pub lock: &'static str,
}

impl Effort<'_> {
    /// What happens, as the end of a title: `rewrites 48 GB under ACCESS EXCLUSIVE, about 6 min`.
    #[must_use]
    pub fn says(&self) -> String {
        let size = self.size().map(bytes);
        let what = match (self.work, size) {
            (Work::Rewrite, Some(size)) => format!("rewrites {size}"),
            (Work::Rewrite, None) => "rewrites the whole table".to_owned(),
            (Work::Scan, Some(size)) => format!("reads {size}"),
            (Work::Scan, None) => "reads the whole table".to_owned(),
            (Work::Index, Some(size)) => format!("builds an index over {size}"),
            (Work::Index, None) => "builds an index over the whole table".to_owned(),
            (Work::Moment, _) => return format!("takes {}", self.lock),
        };
        let time = self.seconds().map(|seconds| format!(", about {}", duration(seconds))).unwrap_or_default();
        format!("{what} under {}{time}", self.lock)
    }

    /// What waits meanwhile, one sentence.
    #[must_use]
    pub fn waits(&self) -> String {
        let writers = match self.table.writes.filter(|rate| *rate >= 0.1) {
            Some(rate) => format!("writes (about {} rows a second here)", count(rate)),
            None => "writes".to_owned(),
        };
        if self.lock == "ACCESS EXCLUSIVE" {
            format!("reads and {writers} of {} wait until it is done", self.table.sql())
        } else {
            format!("{writers} of {} wait until it is done; reads go on", self.table.sql())
        }
    }

    /// Bytes that the work goes over.
    fn size(&self) -> Option<u64> {
        let heap = self.table.bytes?;
        Some(if self.work == Work::Rewrite { heap + self.table.index_bytes.unwrap_or(0) } else { heap })
    }

    /// Seconds that it takes, about.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        let rate = match self.work {
            Work::Rewrite => REWRITTEN,
            Work::Scan => READ,
            Work::Index => INDEXED,
            Work::Moment => return Some(0.0),
        };
        self.size().map(|size| as_f64(size) / rate)
    }

    /// Gives a finding the numbers, and one degree less harm where nobody would notice.
    #[must_use]
    pub fn weigh(&self, finding: Finding) -> Finding {
        let milder = match finding.severity {
            Severity::Critical => Severity::High,
            Severity::High => Severity::Medium,
            _ => Severity::Low,
        };
        let brief = self.work != Work::Moment && self.seconds().is_some_and(|seconds| seconds < UNNOTICED);
        let finding = if brief { finding.severity(milder) } else { finding };
        let finding = known(finding, self.table).evidence("lock", self.lock, "", "PostgreSQL's documentation");
        let finding = match self.size().filter(|_| self.work == Work::Rewrite) {
            Some(size) => finding.evidence("free disk", size, "bytes", "as much again is needed until it is done"),
            None => finding,
        };
        match self.seconds().filter(|_| self.work != Work::Moment) {
            Some(seconds) => {
                let rounded = (seconds * 1000.0).round();
                finding.evidence(
                    "estimate",
                    rounded,
                    "ms",
                    "size at a usual speed; `dbwright migrate rehearse` measures it",
                )
            }
            None => finding,
        }
    }
}

/// Adds what is known of a table.
pub(super) fn known(mut finding: Finding, table: &Table) -> Finding {
    if let Some(rows) = table.rows {
        finding = finding.evidence("rows", rows, "rows", "pg_class");
    }
    if let Some(size) = table.bytes {
        finding = finding.evidence("table", size, "bytes", "pg_class");
    }
    if let Some(rate) = table.writes {
        finding = finding.evidence("writes", (rate * 10.0).round() / 10.0, "rows/s", "pg_stat_user_tables");
    }
    if table.rows.is_none() && table.bytes.is_none() {
        let from = if table.origin == Origin::Earlier { "made by an earlier file" } else { "no target was looked at" };
        finding = finding.evidence("size", "assumed to be large", "", from);
    }
    finding
}

/// Seconds for people, from milliseconds on.
fn duration(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.0} ms", (seconds * 1000.0).ceil().max(1.0)) } else { crate::words::seconds(seconds) }
}
