//! Writes what was measured into the advice.

use std::collections::HashMap;

use dbwright_core::proof::Experiment;
use dbwright_core::{Failure, Proof};

use super::prove::members;
use super::{Outcome, true_bytes};
use crate::advice::{Create, CurvePoint, Withdrawn};
use crate::index::Index;
use crate::port::{Ask, IndexId, Measurer, Query, WhatIf};
use crate::run::text::name_in;
use crate::run::{Advised, Options};
use crate::weights::Weights;

/// Brings the advice into line with the outcome.
pub(super) async fn write(
    advised: &mut Advised,
    queries: &[Query],
    outcome: &Outcome,
    options: &Options,
    measurer: &dyn Measurer,
    what_if: &dyn WhatIf,
) -> Result<(), Failure> {
    advised.advice.interrupted |= outcome.stopped;
    let place = measurer.place();
    if outcome.verdict.times.is_empty() {
        let why = outcome.failed.first().map_or("it was stopped before", |(_, reason)| reason.as_str());
        advised.advice.notes.push(format!("nothing was measured in {place}: {why}; the proofs are the planner's"));
        return Ok(());
    }
    let old = std::mem::take(&mut advised.advice.create);
    let writer = Writer { queries, outcome, options, what_if, place };
    let (create, indexes) = writer.creates(&old, &advised.advice.target.name);
    advised.advice.withdrawn.extend(writer.withdrawn(&old));
    (advised.advice.create, advised.indexes) = (create, indexes);
    replacements(advised);
    writer.statements(advised);
    writer.costs(advised).await?;
    let notes = writer.notes(advised);
    advised.advice.notes.extend(notes);
    Ok(())
}

struct Writer<'a> {
    queries: &'a [Query],
    outcome: &'a Outcome,
    options: &'a Options,
    what_if: &'a dyn WhatIf,
    place: String,
}

impl Writer<'_> {
    /// The chosen indexes, the most useful first.
    fn creates(&self, old: &[Create], target: &str) -> (Vec<Create>, Vec<Index>) {
        let saved =
            |at: &usize| self.outcome.verdict.uses.get(at).map_or(0.0, |uses| uses.iter().map(|(_, ms)| ms).sum());
        let mut order = members(&self.outcome.set);
        order.sort_by(|a, b| saved(b).total_cmp(&saved(a)));
        let mut names: Vec<String> = old.iter().map(|one| one.name.clone()).collect();
        let creates = order.iter().map(|at| self.create(*at, old.get(*at), &mut names, target)).collect();
        (creates, order.into_iter().map(|at| self.outcome.pool[at].index.clone()).collect())
    }

    fn create(&self, at: usize, old: Option<&Create>, names: &mut Vec<String>, target: &str) -> Create {
        let candidate = &self.outcome.pool[at];
        let mut create = old.cloned().unwrap_or_else(|| self.fresh(at, names));
        if let Ok(built) = &candidate.built {
            create.bytes = true_bytes(built);
        }
        let writes = self.outcome.writes.iter().find(|(table, _)| *table == candidate.index.table);
        if let Some((_, words)) = writes {
            let before =
                if create.write_reason.is_empty() { String::new() } else { format!("{}; ", create.write_reason) };
            create.write_reason = format!("{before}{words}");
        }
        if let Some(experiment) = self.outcome.verdict.proofs.get(&at) {
            create.proof = Proof::Measured(Experiment {
                repeat: format!("dbwright advise {target} --prove measured"),
                note: Some(self.note(at)),
                ..experiment.clone()
            });
        }
        create
    }

    fn note(&self, at: usize) -> String {
        let candidate = &self.outcome.pool[at];
        let users = self.outcome.verdict.uses.get(&at).map_or(0, Vec::len);
        let size = candidate.built.as_ref().map_or_else(
            |_| String::new(),
            |built| {
                format!(
                    "; built in {:.1} s, {} bytes against {} estimated",
                    built.ms / 1000.0,
                    true_bytes(built),
                    candidate.estimated
                )
            },
        );
        let which = if users == 1 {
            "the statement that uses it".to_owned()
        } else {
            format!("the mean of the {users} statements that use it, weighted")
        };
        format!(
            "{which}, without and with this one index beside the others, by turns in {}; equal results{size}",
            self.place
        )
    }

    /// An index that only the measurement brought in.
    fn fresh(&self, at: usize, names: &mut Vec<String>) -> Create {
        let candidate = &self.outcome.pool[at];
        let index = &candidate.index;
        let mut change = self.what_if.create(index, None);
        let mut name = name_in(&change.forward);
        if names.contains(&name) {
            let other = (2..10_000).map(|n| format!("{name}_{n}")).find(|n| !names.contains(n));
            name = other.unwrap_or(name);
            change = self.what_if.create(index, Some(&name));
        }
        names.push(name.clone());
        let table = if index.table.schema.is_empty() {
            index.table.name.clone()
        } else {
            format!("{}.{}", index.table.schema, index.table.name)
        };
        Create {
            statement: change.forward.join("; "),
            name,
            table,
            bytes: candidate.bytes(),
            gain: 0.0,
            write_cost: candidate.upkeep.0,
            write_reason: candidate.upkeep.1.clone(),
            helps: Vec::new(),
            change,
            proof: Proof::unproven("stopped before it was measured alone"),
        }
    }

    /// What was advised and is not any more.
    fn withdrawn(&self, old: &[Create]) -> Vec<Withdrawn> {
        let gone = old.iter().enumerate().filter(|(at, _)| !self.outcome.set[*at]);
        let withdrawn = gone.map(|(at, create)| {
            let candidate = &self.outcome.pool[at];
            let reason = match (&candidate.built, self.outcome.verdict.reasons.get(&at)) {
                (Err(error), _) => format!("it can't be built: {error}"),
                (Ok(_), Some(reason)) => reason.clone(),
                (Ok(built), None) => format!(
                    "by the times measured in the copy the workload is better off without its {} bytes: it gains too little, or makes a statement slower, or others serve better",
                    true_bytes(built)
                ),
            };
            let proof = match self.outcome.verdict.proofs.get(&at) {
                Some(experiment) => Proof::Measured(Experiment { note: Some(self.note(at)), ..experiment.clone() }),
                None => create.proof.clone(),
            };
            Withdrawn { statement: create.statement.clone(), reason, proof }
        });
        withdrawn.collect()
    }

    /// Measured times of each statement, and which indexes help it.
    fn statements(&self, advised: &mut Advised) {
        let prints: Vec<&str> = advised.workload.statements.iter().map(|one| one.fingerprint.as_str()).collect();
        let mut times: HashMap<&str, (f64, f64, f64)> = HashMap::new();
        for (at, query) in self.queries.iter().enumerate() {
            let (Some(print), Some((before, after))) = (prints.get(query.statement), self.outcome.verdict.medians(at))
            else {
                continue;
            };
            let sums = times.entry(print).or_default();
            *sums = (sums.0 + query.share * before, sums.1 + query.share * after, sums.2 + query.share);
        }
        for statement in &mut advised.advice.statements {
            let Some((before, after, share)) = times.get(statement.fingerprint.as_str()) else { continue };
            statement.measured_before_ms = Some(before / share);
            statement.measured_after_ms = Some(after / share);
        }
        let order = advised.indexes.iter().map(|index| self.outcome.pool.iter().position(|one| one.index == *index));
        for (create, at) in advised.advice.create.iter_mut().zip(order) {
            let Some(uses) = at.and_then(|at| self.outcome.verdict.uses.get(&at)) else { continue };
            let helped = uses.iter().filter(|(_, ms)| *ms > 0.0);
            let mut helps: Vec<String> = helped
                .filter_map(|(query, _)| prints.get(self.queries[*query].statement))
                .map(ToString::to_string)
                .collect();
            let mut seen = Vec::new();
            helps.retain(|one| {
                !seen.contains(one) && {
                    seen.push(one.clone());
                    true
                }
            });
            create.helps = helps;
        }
    }

    /// Plan costs of the set as it is now: the advice must not speak of another.
    async fn costs(&self, advised: &mut Advised) -> Result<(), Failure> {
        let existing = self.what_if.existing();
        let id = |index: &Index| advised.defined.iter().position(|one| one == index).map(|at| existing.len() + at);
        let Some(mut with) = advised.indexes.iter().map(id).collect::<Option<Vec<IndexId>>>() else { return Ok(()) };
        let ids = with.clone();
        with.sort_unstable();
        let leaving: Vec<&str> = advised
            .advice
            .drop
            .iter()
            .map(|one| one.statement.as_str())
            .chain(advised.advice.replace.iter().map(|one| one.statement.as_str()))
            .collect();
        let without: Vec<IndexId> = (0..existing.len())
            .filter(|at| !leaving.is_empty() && leaving.contains(&self.what_if.drop(*at).forward.join("; ").as_str()))
            .collect();
        let ask = |query: usize, less: Option<IndexId>| {
            let with = with.iter().copied().filter(|one| Some(*one) != less).collect();
            Ask { query, with, without: without.clone() }
        };
        let asks: Vec<Ask> = (0..self.queries.len()).map(|query| ask(query, None)).collect();
        let plans = self.what_if.plan(&asks).await?;
        let costs: Vec<f64> = plans
            .iter()
            .zip(self.queries)
            .map(|(plan, query)| plan.as_ref().map_or(query.cost, |plan| plan.cost))
            .collect();
        let weights = Weights::new(&advised.workload, self.queries, self.options.weighting);
        let before = weights.sum(self.queries.iter().map(|query| query.cost));
        let reads = weights.sum(costs.iter().copied());
        let mut calls = asks.len();
        for (create, id) in advised.advice.create.iter_mut().zip(&ids) {
            let at = self.outcome.pool.iter().position(|one| {
                existing.len()
                    + advised.defined.iter().position(|d| *d == one.index).unwrap_or(usize::MAX - existing.len())
                    == *id
            });
            let Some(uses) = at.and_then(|at| self.outcome.verdict.uses.get(&at)) else { continue };
            let asks: Vec<Ask> = uses.iter().map(|(query, _)| ask(*query, Some(*id))).collect();
            calls += asks.len();
            let plans = self.what_if.plan(&asks).await?;
            let more: f64 = asks
                .iter()
                .zip(plans)
                .filter_map(|(ask, plan)| {
                    Some(weights.of(ask.query, plan.ok()?.cost) - weights.of(ask.query, costs[ask.query]))
                })
                .sum();
            create.gain = weights.shown(reads + more, before) - weights.shown(reads, before);
        }
        advised.advice.planner_calls += calls as u64;
        self.totals(advised, &costs, weights.shown(reads, before));
        Ok(())
    }

    fn totals(&self, advised: &mut Advised, costs: &[f64], reads: f64) {
        let advice = &mut advised.advice;
        let bound = advice.cost_after * (1.0 - advice.optimality_gap);
        advice.cost_after = reads + advice.create.iter().map(|one| one.write_cost).sum::<f64>();
        advice.optimality_gap = if advice.cost_after > 0.0 { (1.0 - bound / advice.cost_after).max(0.0) } else { 0.0 };
        for point in &mut advice.curve {
            point.chosen = false;
        }
        let bytes = advice.create.iter().map(|one| one.bytes).sum();
        advice.curve.push(CurvePoint { bytes, cost: advice.cost_after, bound, chosen: true });
        advice.curve.sort_by_key(|point| point.bytes);
        let mut after: HashMap<&str, f64> = HashMap::new();
        for (query, cost) in self.queries.iter().zip(costs) {
            let Some(statement) = advised.workload.statements.get(query.statement) else { continue };
            *after.entry(&statement.fingerprint).or_default() += cost * query.share;
        }
        for statement in &mut advice.statements {
            if let Some(cost) = after.get(statement.fingerprint.as_str()) {
                statement.after = *cost;
            }
        }
    }

    fn notes(&self, advised: &Advised) -> Vec<String> {
        let measured =
            advised.advice.statements.iter().filter_map(|one| Some((one.measured_before_ms?, one.measured_after_ms?)));
        let (count, before, after) =
            measured.fold((0, 0.0, 0.0), |(n, a, b), (before, after)| (n + 1, a + before, b + after));
        let built = self.outcome.pool.iter().filter(|one| one.built.is_ok()).count();
        let mut notes = vec![format!(
            "measured in {}: one call of each of {count} statements took {before:.0} ms before and {after:.0} ms with the advice \
             (medians by turns, equal results); {built} indexes were built to find it",
            self.place
        )];
        notes.extend(self.outcome.verdict.notes.clone());
        let print = |query: usize| {
            advised.workload.statements.get(self.queries[query].statement).map_or("?", |one| one.fingerprint.as_str())
        };
        let mut slower: Vec<usize> =
            self.outcome.verdict.times.keys().copied().filter(|query| self.outcome.verdict.is_slower(*query)).collect();
        slower.sort_unstable();
        for query in slower {
            let Some((before, after)) = self.outcome.verdict.medians(query) else { continue };
            notes.push(format!(
                "statement {} is slower with the advice: {before:.1} ms before, {after:.1} ms after",
                print(query)
            ));
        }
        for (query, reason) in &self.outcome.failed {
            notes.push(format!("statement {} could not be run in the copy: {reason}", print(*query)));
        }
        notes
    }
}

/// An existing index stays when what would take its place is withdrawn.
fn replacements(advised: &mut Advised) {
    let names: Vec<String> = advised.advice.create.iter().map(|one| one.name.clone()).collect();
    let stays = |by: &[String]| by.iter().any(|name| !names.contains(name));
    let (gone, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut advised.advice.replace).into_iter().partition(|one| stays(&one.by));
    advised.advice.replace = kept;
    let note = |index: String| format!("{index} stays: an index that would have taken its place was withdrawn");
    advised.advice.notes.extend(gone.into_iter().map(|one| note(one.index)));
}
