//! Workloads from the slow query log of MySQL, MariaDB and Percona Server.
//!
//! The log is read line by line and never held as a whole; what is kept is one entry for each shape of statement. Damaged
//! entries are left out and counted.

use std::collections::HashMap;
use std::io::BufRead;

use dbwright_core::Failure;
use dbwright_core::workload::{Statement, Workload};
use dbwright_sql::{Dialect, fingerprint, normalised};
use jiff::Timestamp;
use jiff::civil::DateTime;

/// Lines that are looked at to tell a slow log from another file.
const LOOK: usize = 50;
/// Complete statements kept of each shape.
const SAMPLES: usize = 16;
/// Longest statement that is kept as a sample.
const LONGEST: usize = 64 * 1024;

/// Reads a slow query log; none when the file is something else, of which the lines read so far are the first result.
///
/// # Errors
/// When the file can't be read.
pub(crate) fn read(name: &str, input: &mut dyn BufRead) -> Result<Option<Workload>, Failure> {
    let unreadable = |e: std::io::Error| Failure::usage("workload.unreadable", format!("{name} can't be read: {e}"));
    let mut log = Log::default();
    let mut bytes = Vec::new();
    let (mut looked, mut known) = (0, false);
    loop {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes).map_err(unreadable)? == 0 {
            break;
        }
        let line = String::from_utf8_lossy(&bytes);
        known |= line.starts_with("# Query_time:") || line.starts_with("# User@Host:") || line.starts_with("# Time:");
        looked += 1;
        if !known && looked > LOOK {
            return Ok(None);
        }
        log.line(line.trim_end_matches(['\n', '\r']));
    }
    log.finish();
    Ok(known.then(|| log.workload(name)))
}

/// One entry on its way.
#[derive(Debug, Default)]
struct Entry {
    seconds: Option<f64>,
    rows: f64,
    schema: Option<String>,
    user: Option<String>,
    admin: bool,
    sql: String,
}

/// All that one shape has cost.
#[derive(Debug, Default)]
struct Sum {
    statement: Statement,
    squares: f64,
}

#[derive(Debug, Default)]
struct Log {
    entry: Entry,
    /// The schema that `use` named last.
    schema: Option<String>,
    first: Option<f64>,
    last: Option<f64>,
    shapes: HashMap<String, usize>,
    sums: Vec<Sum>,
    damaged: u64,
}

impl Log {
    fn line(&mut self, line: &str) {
        if let Some(header) = header(line) {
            // A header behind a statement begins the next entry.
            if !self.entry.sql.is_empty() || self.entry.admin {
                self.finish();
            }
            self.header(header);
        } else if self.entry.seconds.is_some() && !line.starts_with("# ") && line != "#" {
            self.text(line);
        }
    }

    fn header(&mut self, line: &str) {
        if line.starts_with("administrator command") {
            self.entry.admin = true;
        }
        if let Some(rest) = line.strip_prefix("Time: ") {
            self.time(rest);
        }
        if let Some((_, rest)) = line.split_once("User@Host: ") {
            self.entry.user = rest.split(['[', ' ']).next().filter(|user| !user.is_empty()).map(str::to_owned);
        }
        for (key, value) in pairs(line) {
            match key {
                "Query_time" => self.entry.seconds = value.parse().ok(),
                "Rows_sent" | "Rows_affected" => self.entry.rows += value.parse::<f64>().unwrap_or(0.0),
                "Schema" | "Db" if !value.is_empty() => self.entry.schema = Some(value.to_owned()),
                _ => {}
            }
        }
    }

    /// `2026-01-31T12:00:00.123456Z`, or the old `071015 21:43:52`.
    fn time(&mut self, text: &str) {
        let stamp = text.split('#').next().unwrap_or(text).trim();
        let modern = stamp.parse::<Timestamp>().ok();
        let old = || {
            let (day, time) = stamp.split_once(' ')?;
            let day = day.get(..6).filter(|_| day.is_ascii())?;
            let civil = format!("20{}-{}-{}T{:0>8}", &day[..2], &day[2..4], &day[4..6], time.trim());
            civil.parse::<DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        };
        if let Some(at) = modern.or_else(old) {
            self.seen(at.as_second() as f64);
        }
    }

    fn seen(&mut self, at: f64) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    fn text(&mut self, line: &str) {
        let lower = line.get(..14).unwrap_or(line).to_ascii_lowercase();
        if self.entry.sql.is_empty() {
            if let Some(name) = line.get(4..).filter(|_| lower.starts_with("use ")) {
                self.schema = Some(name.trim_end_matches(';').trim_matches('`').to_owned());
                return;
            }
            if lower.starts_with("set timestamp=") {
                let digits: String = line[14..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
                if let Ok(at) = digits.parse() {
                    self.seen(at);
                }
                return;
            }
            if lower.starts_with("set last_inser") || lower.starts_with("set insert_id=") {
                return;
            }
        } else {
            self.entry.sql.push('\n');
        }
        self.entry.sql.push_str(line);
    }

    /// Takes the entry in.
    fn finish(&mut self) {
        let entry = std::mem::take(&mut self.entry);
        let sql = entry.sql.trim().trim_end_matches(';').trim_end();
        let Some(seconds) = entry.seconds.filter(|seconds| seconds.is_finite()) else {
            self.damaged += u64::from(!sql.is_empty());
            return;
        };
        if entry.admin || sql.is_empty() || !is_work(sql) {
            return;
        }
        let ms = seconds * 1000.0;
        let name = fingerprint(sql, Dialect::Mysql);
        let database = entry.schema.or_else(|| self.schema.clone());
        let at = *self.shapes.entry(name.clone()).or_insert_with(|| {
            let text = normalised(sql, Dialect::Mysql);
            let statement = Statement { fingerprint: name, text, database, user: entry.user, ..Statement::default() };
            self.sums.push(Sum { statement, squares: 0.0 });
            self.sums.len() - 1
        });
        let sum = &mut self.sums[at];
        let one = &mut sum.statement;
        one.calls += 1.0;
        one.total_ms = Some(one.total_ms.unwrap_or(0.0) + ms);
        one.max_ms = Some(one.max_ms.unwrap_or(0.0).max(ms));
        one.rows = Some(one.rows.unwrap_or(0.0) + entry.rows);
        sum.squares += ms * ms;
        if one.samples.len() < SAMPLES && sql.len() <= LONGEST && !one.samples.iter().any(|sample| sample == sql) {
            one.samples.push(sql.to_owned());
        }
    }

    fn workload(self, name: &str) -> Workload {
        let mut statements: Vec<Statement> = self
            .sums
            .into_iter()
            .map(|sum| {
                let one = sum.statement;
                let mean = one.total_ms.map(|total| total / one.calls);
                let variance = mean.map(|mean| (sum.squares / one.calls - mean * mean).max(0.0));
                Statement { mean_ms: mean, stddev_ms: variance.map(f64::sqrt), ..one }
            })
            .collect();
        let total = |one: &Statement| one.total_ms.unwrap_or(0.0);
        statements.sort_by(|a, b| total(b).total_cmp(&total(a)).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
        let mut notes = vec![
            "a slow query log holds only what took longer than long_query_time, so that calls are too few".to_owned(),
        ];
        if self.damaged > 0 {
            notes.push(format!("{} entries have no Query_time and were left out", self.damaged));
        }
        let window = self.first.zip(self.last).map(|(first, last)| last - first).filter(|window| *window > 0.0);
        Workload { source: format!("slow log {name}"), window_s: window, dropped: None, statements, notes }
    }
}

/// A header's text without its mark; comments inside a statement are none.
fn header(line: &str) -> Option<&str> {
    const HEADS: [&str; 12] = [
        "Time: ",
        "User@Host: ",
        "Query_time: ",
        "Thread_id: ",
        "Schema: ",
        "Rows_affected: ",
        "Bytes_sent: ",
        "QC_Hit: ",
        "QC_hit: ",
        "administrator command",
        "Full_scan: ",
        "Stored_routine: ",
    ];
    let rest = line.strip_prefix("# ").map(str::trim_start)?;
    HEADS.iter().any(|head| rest.starts_with(head)).then_some(rest)
}

/// The pairs `Key: value` of a header.
fn pairs(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(key) = word.strip_suffix(':') else { continue };
        let value = words.get(at + 1).copied().filter(|value| !value.ends_with(':')).unwrap_or("");
        found.push((key, value));
    }
    found.into_iter()
}

/// Whether a statement is work, and not the session's steering.
fn is_work(sql: &str) -> bool {
    let tokens = dbwright_sql::lex::tokens(sql, Dialect::Mysql);
    let first = tokens.iter().find(|token| token.significant() && token.text(sql) != "(");
    let word = first.map_or_else(String::new, |token| token.text(sql).to_ascii_lowercase());
    matches!(
        word.as_str(),
        "select" | "insert" | "update" | "delete" | "replace" | "with" | "call" | "table" | "values" | "load"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "/usr/sbin/mysqld, Version: 9.7.4 (Debian). started with:\nTcp port: 3306  Unix socket: /tmp/s\n\
        Time                 Id Command    Argument\n\
        # Time: 2026-01-31T12:00:00.500000Z\n# User@Host: app[app] @ localhost []  Id:     8\n\
        # Query_time: 0.250000  Lock_time: 0.000001 Rows_sent: 3  Rows_examined: 1000\nuse shop;\nSET timestamp=1769860800;\n\
        select * from orders\n# a comment inside\nwhere id in (1, 2);\n\
        # Time: 2026-01-31T12:01:00.000000Z\n# User@Host: app[app] @ localhost []  Id:     8\n\
        # Schema: shop  Last_errno: 0  Killed: 0\n\
        # Query_time: 0.750000  Lock_time: 0.000001 Rows_sent: 5  Rows_examined: 1000\nSET timestamp=1769860860;\n\
        SELECT * FROM orders WHERE id IN (7);\n\
        # Query_time: 9.0  Lock_time: 0.0\n# administrator command: Quit;\n";

    #[test]
    fn entries_of_one_shape_are_added_up() {
        let workload = read("slow.log", &mut LOG.as_bytes()).expect("readable").expect("a slow log");
        let [one] = workload.statements.as_slice() else { panic!("{:#?}", workload.statements) };
        assert_eq!(one.text, "select * from orders where id in (?)");
        assert_eq!((one.calls, one.total_ms, one.mean_ms, one.max_ms), (2.0, Some(1000.0), Some(500.0), Some(750.0)));
        assert_eq!((one.rows, one.stddev_ms, one.database.as_deref()), (Some(8.0), Some(250.0), Some("shop")));
        assert_eq!((one.user.as_deref(), one.samples.len(), workload.window_s), (Some("app"), 2, Some(60.0)));
    }

    #[test]
    fn another_file_is_none() {
        let sql = "select 1;\n".repeat(100);
        assert!(read("x.sql", &mut sql.as_bytes()).expect("readable").is_none());
        assert!(read("empty", &mut "".as_bytes()).expect("readable").is_none());
    }
}
