//! Runs by the shape of their statement.

use std::collections::{BTreeSet, HashMap};

use dbwright_core::workload::Statement;
use dbwright_sql::{Dialect, fingerprint, normalised, split};

use super::super::params;
use super::parameters;

/// Longest statement that is kept as a sample; longer ones are inserts of many rows.
const LONGEST: usize = 1 << 16;

/// One run of a statement.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) text: String,
    /// Its parameters, when told.
    pub(super) values: Option<Vec<Option<String>>>,
    pub(super) ms: Option<f64>,
    /// 0 when it goes on with an earlier run.
    pub(super) calls: f64,
    pub(super) nested: bool,
    pub(super) user: Option<String>,
    pub(super) database: Option<String>,
}

/// All shapes so far.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    shapes: HashMap<(String, Option<String>), Shape>,
    /// Runs of several statements in one message.
    divided: u64,
}

#[derive(Debug, Default)]
struct Shape {
    text: String,
    calls: f64,
    timed: f64,
    total: f64,
    squares: f64,
    max: f64,
    nested: bool,
    users: BTreeSet<String>,
    /// Complete statements of the shortest run, one near the mean, and the longest.
    samples: [Option<(f64, String)>; 3],
}

impl Shapes {
    /// Counts a run; of several statements in one message each is one, with an equal part of the time.
    pub(super) fn count(&mut self, run: Run) {
        let pieces = split::statements(&run.text, Dialect::Postgres);
        if pieces.len() < 2 {
            return self.one(run);
        }
        self.divided += 1;
        let ms = run.ms.map(|ms| ms / pieces.len() as f64);
        for piece in &pieces {
            self.one(Run { text: piece.text.to_owned(), ms, ..run.clone() });
        }
    }

    fn one(&mut self, run: Run) {
        let query = params::inner(&run.text).unwrap_or(&run.text);
        let name = fingerprint(query, Dialect::Postgres);
        let shape = self.shapes.entry((name, run.database.clone())).or_default();
        let has_parameters = parameters::any(query);
        if shape.text.is_empty() {
            shape.text = if has_parameters { query.to_owned() } else { normalised(query, Dialect::Postgres) };
        }
        shape.calls += run.calls;
        shape.nested |= run.nested;
        if shape.users.len() < 2 {
            shape.users.extend(run.user);
        }
        if let Some(ms) = run.ms {
            shape.timed += 1.0;
            shape.total += ms;
            shape.squares += ms * ms;
            shape.max = shape.max.max(ms);
        }
        let known = run.values.as_ref();
        if query.len() <= LONGEST && (!has_parameters || known.is_some()) && run.calls > 0.0 {
            let complete = || if has_parameters { parameters::put(query, known?) } else { Some(query.to_owned()) };
            shape.sample(run.ms.unwrap_or(0.0), complete);
        }
    }

    /// The shapes as statements, the most time first; the database only when there are several.
    pub(super) fn statements(self, notes: &mut Vec<String>) -> Vec<Statement> {
        let databases: BTreeSet<_> = self.shapes.keys().filter_map(|(_, database)| database.clone()).collect();
        if databases.len() > 1 {
            let names = Dialect::Postgres.names(&databases);
            notes.push(format!("the log tells of several databases ({names}): statements of the others are left out"));
        }
        if self.divided > 0 {
            let runs = self.divided;
            notes.push(format!("{runs} runs were of several statements in one message: their time was divided evenly"));
        }
        let several = databases.len() > 1;
        let statement = |((name, database), shape): ((String, Option<String>), Shape)| Statement {
            database: database.filter(|_| several),
            ..shape.statement(name)
        };
        let mut statements: Vec<_> = self.shapes.into_iter().map(statement).collect();
        let time = |statement: &Statement| statement.total_ms.unwrap_or(0.0);
        statements.sort_by(|a, b| {
            let by_calls = || b.calls.total_cmp(&a.calls).then_with(|| a.fingerprint.cmp(&b.fingerprint));
            time(b).total_cmp(&time(a)).then_with(by_calls)
        });
        statements
    }
}

impl Shape {
    /// Keeps a sample when it is shorter, longer, or nearer the mean than those that are kept.
    fn sample(&mut self, ms: f64, complete: impl Fn() -> Option<String>) {
        let mean = if self.timed > 0.0 { self.total / self.timed } else { 0.0 };
        let better: [fn(f64, f64, f64) -> bool; 3] = [
            |new, old, _| new < old,
            |new, old, mean| (new - mean).abs() < (old - mean).abs(),
            |new, old, _| new > old,
        ];
        let wanted = |at: usize, slot: &Option<(f64, String)>| match slot {
            Some((old, _)) => better[at](ms, *old, mean),
            None => true,
        };
        if !self.samples.iter().enumerate().any(|(at, slot)| wanted(at, slot)) {
            return;
        }
        let Some(text) = complete() else { return };
        for (at, slot) in self.samples.iter_mut().enumerate() {
            let known = matches!(slot, Some((old, _)) if !better[at](ms, *old, mean));
            if !known {
                *slot = Some((ms, text.clone()));
            }
        }
    }

    fn statement(self, fingerprint: String) -> Statement {
        let timed = self.timed > 0.0;
        let mean = self.total / self.timed.max(1.0);
        let variance = (self.squares / self.timed.max(1.0) - mean * mean).max(0.0);
        let mut samples: Vec<String> = Vec::new();
        for (_, text) in self.samples.into_iter().flatten() {
            if !samples.contains(&text) {
                samples.push(text);
            }
        }
        let mut users = self.users.into_iter();
        Statement {
            fingerprint,
            text: self.text,
            calls: self.calls.max(1.0),
            total_ms: timed.then_some(self.total),
            mean_ms: timed.then_some(mean),
            max_ms: timed.then_some(self.max),
            stddev_ms: timed.then_some(variance.sqrt()),
            user: users.next().filter(|_| users.next().is_none()),
            nested: self.nested,
            samples,
            ..Statement::default()
        }
    }
}
