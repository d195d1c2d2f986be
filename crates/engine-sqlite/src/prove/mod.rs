//! Experiments on copies of the database: which index a workload misses, what an index on a foreign key saves, and
//! whether the other changes do what they are proposed for.
//!
//! Two copies are compared: one as it is, one with the indexes, each statement run on both in turns. A change
//! that shows no gain is not proposed. What can't be measured is rehearsed in the first copy afterwards. The target is
//! only read, once, to be copied.

mod bench;
mod candidates;
mod foreign_keys;
mod measure;
mod missing_index;
mod probe;
mod rehearse;
mod trial;
mod values;

use std::time::Duration;

use dbwright_check::{Outcome, Prover};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::finding::NotLookedAt;
use dbwright_core::progress::Progress;
use dbwright_core::rule::{self, Limits};
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Finding, Snapshot};

use bench::Bench;
pub(crate) use measure::{Digest, LONGEST, Side, drain};
pub(crate) use probe::{Access, Probe};
pub(crate) use values::fill;

use foreign_keys::Question;
use rehearse::Rehearsal;

use crate::body::SqliteBody;
use crate::connect::Source;
use crate::error::Error;
use crate::lab::Lab;
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

impl Terms {
    /// Half of the budget: as much for finding candidates as for measuring them, and as for rehearsing.
    fn half(&self) -> Duration {
        Duration::from_secs_f64(self.budget_s.clamp(0.0, 86_400.0) / 2.0)
    }
}

impl Prover for Sqlite {
    fn rules(&self) -> &'static [&'static str] {
        &[MISSING_INDEX, foreign_keys::RULE]
    }

    fn rehearses(&self, finding: &Finding) -> bool {
        finding.change.is_some()
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
    let sound = body.integrity.problems.is_empty() && !body.catalog.tables.is_empty();
    let statements = body.workload.as_ref().map_or(0, |workload| workload.statements.len());
    let measure = sound && (statements > 0 || !keys.is_empty());
    let rehearse = outcome.findings.iter().any(rehearse::waits) && rehearsable(body, measure, outcome);
    if !measure && !rehearse {
        return Ok(());
    }
    let path = path::resolve(address)?;
    let mut lab = Lab::new(body.file.bytes.saturating_add(body.file.wal_bytes.unwrap_or(0)).saturating_mul(5) / 2)?;
    let base = {
        // Open no longer than it takes to copy: a reader keeps writers of a rollback-mode file waiting.
        let source = Source::open(&path, options)?;
        lab.copy(&source.db, bench::BASE, progress)?
    };
    let (terms, repeat) = (terms(limits), repeat(address, body));
    if measure {
        let mut bench = bench::Bench::new((lab, base), body, terms, progress)?;
        measured(&mut bench, keys, outcome, &repeat)?;
        lab = bench.finish();
    } else {
        drop(base);
    }
    if progress.cancelled() {
        return Err(Error::Cancelled.into());
    }
    if rehearse && outcome.findings.iter().any(rehearse::waits) {
        if let Err(error) = lab.has_room(body.file.bytes.saturating_mul(2)) {
            rehearse::skip(outcome, &error.to_string());
            return Ok(());
        }
        let copy = lab.open(bench::BASE)?;
        let rehearsal = Rehearsal::new(copy, &path, snapshot, (options, limits), progress, terms.half())?;
        rehearsal.run(outcome, &repeat)?;
    }
    Ok(())
}

/// Whether the file can be rehearsed on; if not, the findings say why.
fn rehearsable(body: &SqliteBody, measure: bool, outcome: &mut Outcome) -> bool {
    let file = &body.file;
    if file.missing_bytes > 0 {
        rehearse::skip(outcome, "the file is cut short, so that it can't be copied");
        return false;
    }
    if file.bytes > rehearse::LARGEST && !measure {
        let reason =
            format!("the file is longer than {} GiB, so that it is not copied for this alone", rehearse::LARGEST >> 30);
        rehearse::skip(outcome, &reason);
        return false;
    }
    true
}

/// Measures which indexes the workload misses and what those of foreign keys save.
fn measured(bench: &mut Bench<'_>, keys: Vec<Question>, outcome: &mut Outcome, repeat: &str) -> Result<(), Error> {
    let statements = bench.body.workload.as_ref().map_or(0, |workload| workload.statements.len());
    let mut said = Said::default();
    let search = missing_index::search(bench, &mut said)?;
    bench.renew()?;
    let proposed = missing_index::propose(bench, search, &mut said, repeat)?;
    bench.at_least_a_quarter();
    foreign_keys::answer(bench, keys, &proposed, outcome, repeat)?;
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

fn terms(limits: &Limits) -> Terms {
    let limit = |name: &str| rule::limit(rules::RULES, MISSING_INDEX, limits, name);
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
