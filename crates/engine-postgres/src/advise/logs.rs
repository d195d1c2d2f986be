//! Workloads from PostgreSQL's logs: csv, json and stderr, with and without `auto_explain`.
//!
//! A log is read report by report and never held as a whole: what is kept is one entry for each shape of statement and
//! one for each session that has not said yet how long its last statement took. Damaged lines are counted, not fatal.

mod csv;
mod json;
mod lines;
mod message;
mod parameters;
mod sessions;
mod shapes;
#[cfg(test)]
mod tests;

use std::io::BufRead;

use dbwright_core::Failure;
use dbwright_core::workload::Workload;

use sessions::Sessions;

/// Lines that are looked at to tell a log from another file.
const LOOK: usize = 400;

/// What one report of a server says, as far as it is needed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Report {
    /// `2026-01-31 12:00:00`, as it begins in every format.
    time: Option<String>,
    /// Role.
    user: Option<String>,
    /// Database.
    database: Option<String>,
    /// What tells one session from another.
    session: String,
    /// `LOG`, `ERROR`, …
    severity: String,
    /// The first part.
    message: String,
    /// `DETAIL`.
    detail: String,
    /// `CONTEXT`.
    context: String,
}

/// Which format a log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
    Lines,
}

/// What reads a format: takes lines, yields reports.
trait Reader {
    /// Takes the next line, without its end.
    fn line(&mut self, line: &str, take: &mut dyn FnMut(Report));
    /// The log has ended.
    fn end(&mut self, take: &mut dyn FnMut(Report));
    /// Lines so far that belong to no report.
    fn damaged(&self) -> u64;
}

/// Reads a log of any length; none when the text is no log of PostgreSQL, of which only the first lines were read then.
///
/// # Errors
/// When it can't be read, or holds no statement.
pub(super) fn read(name: &str, input: &mut dyn BufRead) -> Result<Option<Workload>, Failure> {
    let mut lines = Lines { input, next: Vec::new() };
    let mut first = Vec::new();
    while first.len() < LOOK
        && let Some(line) = lines.read(name)?
    {
        first.push(line);
    }
    let Some(format) = format(name, first.iter().map(String::as_str)) else { return Ok(None) };
    let mut reader: Box<dyn Reader> = match format {
        Format::Csv => Box::new(csv::Csv::default()),
        Format::Json => Box::new(json::Json::default()),
        Format::Lines => Box::new(lines::Prefixed::default()),
    };
    let mut sessions = Sessions::default();
    for line in first {
        reader.line(&line, &mut |report| sessions.report(report));
    }
    while let Some(line) = lines.read(name)? {
        reader.line(&line, &mut |report| sessions.report(report));
    }
    reader.end(&mut |report| sessions.report(report));
    sessions.workload(name, reader.damaged()).map(Some)
}

/// Lines of bytes that need not be UTF-8.
struct Lines<'a> {
    input: &'a mut dyn BufRead,
    next: Vec<u8>,
}

impl Lines<'_> {
    fn read(&mut self, name: &str) -> Result<Option<String>, Failure> {
        self.next.clear();
        let count = self.input.read_until(b'\n', &mut self.next);
        let count = count.map_err(|e| Failure::usage("workload.unreadable", format!("{name} can't be read: {e}")))?;
        let line = self.next.strip_suffix(b"\n").unwrap_or(&self.next);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Ok((count > 0).then(|| String::from_utf8_lossy(line).into_owned()))
    }
}

/// The format of a log by its first lines; none when it is something else.
fn format<'a>(name: &str, lines: impl Iterator<Item = &'a str>) -> Option<Format> {
    if std::path::Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql")) {
        return None;
    }
    lines.filter(|line| !line.trim().is_empty()).find_map(|line| {
        if json::report(line).is_some() {
            Some(Format::Json)
        } else if csv::begins(line) {
            Some(Format::Csv)
        } else {
            lines::begins(line).then_some(Format::Lines)
        }
    })
}
