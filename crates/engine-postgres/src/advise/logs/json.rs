//! `log_destination = jsonlog`: one object a line.

use serde::Deserialize;

use super::{Reader, Report};

/// Reads json.
#[derive(Debug, Default)]
pub(super) struct Json {
    damaged: u64,
}

#[derive(Deserialize)]
struct Line {
    timestamp: String,
    user: Option<String>,
    dbname: Option<String>,
    #[serde(default)]
    session_id: String,
    error_severity: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    context: String,
}

/// The report that a line is; none when it is none.
pub(super) fn report(line: &str) -> Option<Report> {
    if !line.starts_with('{') {
        return None;
    }
    let line: Line = serde_json::from_str(line).ok()?;
    Some(Report {
        time: Some(line.timestamp),
        user: line.user,
        database: line.dbname,
        session: line.session_id,
        severity: line.error_severity,
        message: line.message,
        detail: line.detail,
        context: line.context,
    })
}

impl Reader for Json {
    fn line(&mut self, line: &str, take: &mut dyn FnMut(Report)) {
        match report(line) {
            Some(report) => take(report),
            None => self.damaged += u64::from(!line.trim().is_empty()),
        }
    }

    fn end(&mut self, _take: &mut dyn FnMut(Report)) {}

    fn damaged(&self) -> u64 {
        self.damaged
    }
}
