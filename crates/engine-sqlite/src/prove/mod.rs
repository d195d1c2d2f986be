//! Experiments on copies of the database: which index a workload misses, and what an index on a foreign key saves.
//!
//! Two copies are compared: one as it is, one with the indexes, each statement run on both in turns. A change
//! that shows no gain is not proposed. The target is only read, once, to be copied.

mod bench;
mod candidates;
mod foreign_keys;
mod measure;
mod missing_index;
mod probe;

use dbwright_check::{Outcome, Prover};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::finding::NotLookedAt;
use dbwright_core::progress::Progress;
use dbwright_core::rule::{Cx, Limits};
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Snapshot};

use crate::body::SqliteBody;
use crate::connect::Source;
use crate::{Sqlite, path, rules, scorecard};

/// The rule whose findings only experiments can justify.
pub(crate) const MISSING_INDEX: &str = "sqlite/missing-index";

/// What the experiments may cost and must show; from the rule's thresholds.
#[derive(Debug, Clone, Copy)]
struct Terms {
    /// Share of the time that must be saved.
    gain: f64,
    /// Milliseconds that must be saved for one call.
    gain_ms: f64,
    /// Milliseconds from which on a statement is slow.
    slow_ms: f64,
    /// Milliseconds from which on a statement costs time worth speaking of.
    felt_ms: f64,
    /// Seconds for all experiments.
    budget_s: f64,
}

impl Prover for Sqlite {
    fn rules(&self) -> &'static [&'static str] {
        &[MISSING_INDEX, foreign_keys::RULE]
    }

    fn by_default(&self) -> bool {
        true
    }

    fn prove<'a>(
        &'a self,
        address: &'a Address,
        snapshot: &'a Snapshot,
        options: &'a ObserveOptions,
        outcome: &'a mut Outcome,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { prove(address, snapshot, options, outcome, limits, progress) })
    }
}

fn prove(
    address: &Address,
    snapshot: &Snapshot,
    options: &ObserveOptions,
    outcome: &mut Outcome,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let body: &SqliteBody = snapshot.body()?;
    let keys = foreign_keys::questions(body, outcome);
    let statements = body.workload.as_ref().map_or(0, |workload| workload.statements.len());
    if (statements == 0 && keys.is_empty()) || body.catalog.tables.is_empty() || !body.integrity.problems.is_empty() {
        return Ok(());
    }
    let terms = terms(snapshot, body, limits);
    let mut bench = {
        // Open no longer than it takes to copy: a reader keeps writers of a rollback-mode file waiting.
        let source = Source::open(&path::resolve(address)?, options)?;
        bench::Bench::new(&source, body, terms, progress)?
    };
    let mut said = Said::default();
    let search = missing_index::search(&mut bench, &mut said)?;
    bench.renew()?;
    let repeat = repeat(address, body);
    let proposed = missing_index::propose(&mut bench, search, &mut said, &repeat)?;
    foreign_keys::answer(&mut bench, keys, &proposed, outcome, &repeat)?;
    if statements > 0 {
        outcome.not_looked_at.retain(|entry| entry.rule != MISSING_INDEX);
        outcome.not_looked_at.extend(said.0);
        rate(outcome, &proposed.times);
        outcome.findings.extend(proposed.findings);
    }
    Ok(())
}

/// What could not be looked at.
#[derive(Debug, Default)]
struct Said(Vec<NotLookedAt>);

impl Said {
    fn say(&mut self, reason: String, remedy: &str) {
        self.0.push(NotLookedAt { rule: MISSING_INDEX.to_owned(), reason, remedy: Some(remedy.to_owned()) });
    }
}

fn terms(snapshot: &Snapshot, body: &SqliteBody, limits: &Limits) -> Terms {
    let rule = rules::RULES.iter().find(|rule| rule.meta.id == MISSING_INDEX);
    let limit = |name: &str| rule.map_or(0.0, |rule| Cx::new(rule.meta, body, &snapshot.header, limits).limit(name));
    Terms {
        gain: limit("gain_share"),
        gain_ms: limit("gain_ms"),
        slow_ms: limit("slow_ms"),
        felt_ms: limit("felt_ms"),
        budget_s: limit("budget_s"),
    }
}

/// The command that makes the experiments again.
fn repeat(address: &Address, body: &SqliteBody) -> String {
    let quoted = |text: &str| {
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-:%+=@".contains(c));
        if plain && !text.is_empty() { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
    };
    let workload = body.workload.as_ref().map_or_else(String::new, |workload| {
        format!(" --workload {}", quoted(workload.source.strip_prefix("file ").unwrap_or(&workload.source)))
    });
    format!("dbwright check {}{workload}", quoted(address.shown()))
}

/// Fills the share of fast calls in, by the times without any change.
fn rate(outcome: &mut Outcome, times: &[(f64, f64)]) {
    let all: f64 = times.iter().map(|(calls, _)| calls).sum();
    let fast: f64 = times.iter().filter(|(_, ms)| *ms < 100.0).map(|(calls, _)| calls).sum();
    for metric in &mut outcome.scorecard {
        if metric.metric == "calls_under_100ms" && all > 0.0 {
            *metric = scorecard::calls_under_100ms()
                .value(Some(fast / all))
                .note("calls are weighted as the workload file says, and timed in a copy of the database");
        }
    }
}
