//! How much work a statement makes, in words and numbers: `rewrites 48 GB under ACCESS EXCLUSIVE, about 6 min`.

use dbwright_core::Finding;
use dbwright_core::words::duration;
use dbwright_migrate::lint::{Known, Takes};

use super::world::{Origin, Table};
use crate::words::{as_f64, bytes, count};

/// Bytes that are rewritten in a second, indexes included. A coarse figure for an ordinary server, on the cautious side.
const REWRITTEN: f64 = 130e6;
/// Bytes that are read and checked in a second.
const READ: f64 = 400e6;
/// Bytes of a table from which an index is built in a second.
const INDEXED: f64 = 100e6;

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
        let takes = Takes {
            seconds: self.seconds().filter(|_| self.work != Work::Moment),
            disk: self.size().filter(|_| self.work == Work::Rewrite),
            from: "size at a usual speed; `dbwright migrate rehearse` measures it",
        };
        let finding = known(takes.weigh(finding), self.table);
        takes.tell(finding.evidence("lock", self.lock, "", "PostgreSQL's documentation"))
    }
}

/// Adds what is known of a table.
pub(super) fn known(finding: Finding, table: &Table) -> Finding {
    Known {
        rows: (table.rows, "pg_class"),
        bytes: (table.bytes, "pg_class"),
        writes: (table.writes, "pg_stat_user_tables"),
        earlier: table.origin == Origin::Earlier,
    }
    .tell(finding)
}
