//! How much work a statement makes, in words and numbers: `copies 48 GB while writes wait, about 40 min`.

use dbwright_core::Finding;
use dbwright_core::words::duration;
use dbwright_migrate::lint::{Known, Takes};

use super::world::{Origin, Table};
use crate::migrate::ways::Way;
use crate::words::{as_f64, bytes, count};

/// Bytes that a copy of a table writes in a second, its indexes included. A coarse figure for an ordinary server, on the
/// cautious side.
const COPIED: f64 = 20e6;
/// Bytes that building a table or its indexes anew in place writes in a second.
const BUILT: f64 = 60e6;

/// Work on one table, in the way that the server takes.
#[derive(Debug, Clone)]
pub(in crate::migrate) struct Effort<'a> {
    pub(in crate::migrate) table: &'a Table,
    pub(in crate::migrate) way: Way,
}

impl Effort<'_> {
    /// What happens, as the end of a title: `copies 48 GB while writes wait, about 40 min`.
    pub(in crate::migrate) fn says(&self) -> String {
        let (verb, adverb) = match self.way.algorithm {
            "INSTANT" => return "takes an instant".to_owned(),
            "INPLACE" => ("builds", " anew"),
            _ => ("copies", ""),
        };
        let what = self.size().map_or_else(|| "the whole table".to_owned(), bytes);
        let time = self.seconds().map(|seconds| format!(", about {}", duration(seconds))).unwrap_or_default();
        let who = match self.way.lock {
            "EXCLUSIVE" => " while reads and writes wait",
            "SHARED" => " while writes wait",
            _ => "",
        };
        format!("{verb} {what}{adverb}{who}{time}")
    }

    /// What waits meanwhile, one sentence.
    pub(in crate::migrate) fn waits(&self) -> String {
        let writers = match self.table.writes.filter(|rate| *rate >= 0.1) {
            Some(rate) => format!("writes (about {} rows a second here)", count(rate)),
            None => "writes".to_owned(),
        };
        let table = self.table.sql();
        match self.way.lock {
            "EXCLUSIVE" => format!("reads and {writers} of {table} wait until it is done"),
            "SHARED" => format!("{writers} of {table} wait until it is done; reads go on"),
            _ => format!("reads and {writers} of {table} go on"),
        }
    }

    /// Bytes that the work writes.
    fn size(&self) -> Option<u64> {
        Some(self.table.bytes? + self.table.index_bytes.unwrap_or(0))
    }

    /// Seconds that it takes, about.
    pub(in crate::migrate) fn seconds(&self) -> Option<f64> {
        let rate = match self.way.algorithm {
            "INSTANT" => return Some(0.0),
            "INPLACE" => BUILT,
            _ => COPIED,
        };
        self.size().map(|size| as_f64(size) / rate)
    }

    /// Gives a finding the numbers, and one degree less harm where nobody would notice.
    pub(in crate::migrate) fn weigh(&self, finding: Finding) -> Finding {
        let works = self.way.algorithm != "INSTANT";
        let takes = Takes {
            seconds: self.seconds().filter(|_| works),
            disk: self.size().filter(|_| works),
            from: "size at a usual speed",
        };
        let finding = known(takes.weigh(finding), self.table);
        takes.tell(finding.evidence("way", self.way.clause(), "", "the manual, and trials on real servers"))
    }
}

/// Adds what is known of a table.
pub(in crate::migrate) fn known(finding: Finding, table: &Table) -> Finding {
    Known {
        rows: (table.rows, crate::words::ROWS),
        bytes: (table.bytes, "information_schema.TABLES"),
        writes: (table.writes, "performance_schema.table_io_waits_summary_by_index_usage"),
        earlier: table.origin == Origin::Earlier,
    }
    .tell(finding)
}
