//! How much work a statement makes, in words and numbers: `copies 48 GB while writes wait, about 40 min`.

use dbwright_core::{Finding, Severity};

use super::world::{Origin, Table};
use crate::migrate::ways::Way;
use crate::words::{as_f64, bytes, count};

/// Bytes that a copy of a table writes in a second, its indexes included. A coarse figure for an ordinary server, on the
/// cautious side.
const COPIED: f64 = 20e6;
/// Bytes that building a table or its indexes anew in place writes in a second.
const BUILT: f64 = 60e6;
/// Seconds that nobody notices.
const UNNOTICED: f64 = 0.1;

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
        let milder = match finding.severity {
            Severity::Critical => Severity::High,
            Severity::High => Severity::Medium,
            _ => Severity::Low,
        };
        let works = self.way.algorithm != "INSTANT";
        let brief = works && self.seconds().is_some_and(|seconds| seconds < UNNOTICED);
        let finding = if brief { finding.severity(milder) } else { finding };
        let how = self.way.clause();
        let finding = known(finding, self.table).evidence("way", how, "", "the manual, and trials on real servers");
        let finding = match self.size().filter(|_| works) {
            Some(size) => finding.evidence("free disk", size, "bytes", "as much again is needed until it is done"),
            None => finding,
        };
        match self.seconds().filter(|_| works) {
            Some(seconds) => finding.evidence("estimate", (seconds * 1000.0).round(), "ms", "size at a usual speed"),
            None => finding,
        }
    }
}

/// Adds what is known of a table.
pub(in crate::migrate) fn known(mut finding: Finding, table: &Table) -> Finding {
    if let Some(rows) = table.rows {
        finding = finding.evidence("rows", rows, "rows", crate::words::ROWS);
    }
    if let Some(size) = table.bytes {
        finding = finding.evidence("table", size, "bytes", "information_schema.TABLES");
    }
    if let Some(rate) = table.writes {
        let rounded = (rate * 10.0).round() / 10.0;
        finding =
            finding.evidence("writes", rounded, "rows/s", "performance_schema.table_io_waits_summary_by_index_usage");
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
