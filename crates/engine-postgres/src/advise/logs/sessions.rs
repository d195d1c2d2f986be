//! What each session ran and how long that took: the text and its time may come in two reports.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_core::workload::Workload;
use jiff::civil::DateTime;

use super::message::{Event, Kind, event};
use super::shapes::{Run, Shapes};
use super::{Report, parameters};

/// Most sessions that are remembered; a log of years has more.
const SESSIONS: usize = 10_000;

/// Everything that is kept while a log is read.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    shapes: Shapes,
    waiting: HashMap<String, Waiting>,
    first: Option<DateTime>,
    last: Option<DateTime>,
    runs: u64,
    timed: u64,
}

/// What a session has said and not finished.
#[derive(Debug, Default)]
struct Waiting {
    /// A run that may still get its time, or turn out to be told twice.
    run: Option<Run>,
    /// Whether the run came from a plan.
    planned: bool,
    /// Text of what a driver executed last: its plan is told when the driver goes on, which is later.
    executed: Option<String>,
    /// Queries of its cursors by name.
    cursors: HashMap<String, String>,
}

impl Sessions {
    /// Takes a report.
    pub(super) fn report(&mut self, report: Report) {
        self.clock(report.time.as_deref());
        if matches!(report.severity.as_str(), "ERROR" | "FATAL") {
            // What was announced did not come to its end.
            if let Some(session) = self.waiting.get_mut(&report.session) {
                session.run = session.run.take().filter(|run| run.ms.is_some());
            }
        }
        if report.severity != "LOG" {
            return;
        }
        let Some(event) = event(&report.message) else { return };
        if self.waiting.len() >= SESSIONS {
            self.finish();
        }
        let mut session = self.waiting.remove(&report.session).unwrap_or_default();
        match event {
            Event::Took(ms) => {
                if let Some(run) = session.run.take() {
                    let told = run.ms.filter(|_| session.planned);
                    self.count(Run { ms: Some(told.map_or(ms, |told| told.max(ms))), ..run });
                }
            }
            Event::Plan { text, .. } if session.executed.as_deref() == Some(text.trim()) => session.executed = None,
            Event::Plan { text, ms, parameters } => {
                self.previous(&mut session);
                let values = parameters.as_deref().and_then(parameters::parse);
                let nested = report.context.contains("function");
                session.run = Some(run(&report, text, values, Some(ms), nested));
                session.planned = true;
            }
            Event::Statement { text, ms, kind } => self.statement(&mut session, &report, text, ms, kind),
        }
        self.waiting.insert(report.session, session);
    }

    fn statement(&mut self, session: &mut Waiting, report: &Report, text: String, ms: Option<f64>, kind: Kind) {
        // What a plan told before is the same run.
        let same = session.run.as_ref().is_some_and(|known| session.planned && known.text.trim() == text.trim());
        if same {
            session.run = None;
        }
        self.previous(session);
        session.planned = false;
        session.executed = (kind != Kind::Simple && ms.is_some()).then(|| text.trim().to_owned());
        let text = parameters::executed(&text, &report.detail).unwrap_or(text);
        if text.trim_start().get(..8).is_some_and(|word| word.eq_ignore_ascii_case("prepare ")) {
            // Nothing has run yet.
            return;
        }
        let (text, calls) = session.cursor(text, kind);
        let values = parameters::parse(&report.detail);
        let run = Run { calls, ..run(report, text, values, ms, false) };
        if ms.is_some() {
            self.count(run);
        } else {
            session.run = Some(run);
        }
    }

    /// Counts what a session was said to run before, whose time never came.
    fn previous(&mut self, session: &mut Waiting) {
        if let Some(run) = session.run.take() {
            self.count(run);
        }
    }

    fn count(&mut self, run: Run) {
        self.runs += 1;
        self.timed += u64::from(run.ms.is_some());
        self.shapes.count(run);
    }

    fn finish(&mut self) {
        for (_, mut session) in std::mem::take(&mut self.waiting) {
            self.previous(&mut session);
        }
    }

    fn clock(&mut self, time: Option<&str>) {
        let Some(time) = time.and_then(|time| time.get(..19)).and_then(|time| time.replace(' ', "T").parse().ok())
        else {
            return;
        };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }

    /// The workload that the log tells.
    pub(super) fn workload(mut self, name: &str, damaged: u64) -> Result<Workload, Failure> {
        self.finish();
        let mut notes = Vec::new();
        if damaged > 0 {
            notes.push(format!("{damaged} lines of {name} belong to no report and were left out"));
        }
        if self.timed < self.runs {
            let without = self.runs - self.timed;
            notes.push(format!(
                "{without} of {} runs in {name} are without a time: set log_min_duration_statement",
                self.runs
            ));
        }
        if self.runs == 0 {
            return Err(Failure::usage(
                "workload.no-statements",
                format!("{name} is a log of PostgreSQL, but tells of no statement"),
            )
            .hint(
                "set log_min_duration_statement = 0 (or log_min_duration_sample), or load auto_explain, and log again",
            )
            .hint("messages must be in English: lc_messages = 'C'"));
        }
        let window = self.first.zip(self.last).map(|(first, last)| (last - first).total(jiff::Unit::Second));
        let window_s = window.and_then(Result::ok).filter(|seconds| *seconds > 0.0);
        let statements = self.shapes.statements(&mut notes);
        Ok(Workload { source: format!("log {name}"), window_s, statements, notes, ..Workload::default() })
    }
}

impl Waiting {
    /// The query that rows come from when a cursor is read, and how many runs of it that is.
    fn cursor(&mut self, text: String, kind: Kind) -> (String, f64) {
        if kind == Kind::Fetch {
            return (text, 0.0);
        }
        let words: Vec<_> = text.split_whitespace().map(|word| word.trim_end_matches(';')).collect();
        let first = words.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
        let last = words.last().copied().unwrap_or_default();
        match first.as_str() {
            "declare" if words.len() > 1 => {
                self.cursors.insert(words[1].to_ascii_lowercase(), text.clone());
                (text, 1.0)
            }
            "fetch" | "move" => match self.cursors.get(&last.to_ascii_lowercase()) {
                Some(query) => (query.clone(), 0.0),
                None => (text, 1.0),
            },
            "close" | "commit" | "rollback" | "end" => {
                self.cursors.clear();
                (text, 1.0)
            }
            _ => (text, 1.0),
        }
    }
}

fn run(report: &Report, text: String, values: Option<Vec<Option<String>>>, ms: Option<f64>, nested: bool) -> Run {
    Run { text, values, ms, calls: 1.0, nested, user: report.user.clone(), database: report.database.clone() }
}
