//! From a search's outcome to the report.

use dbwright_core::proof::Experiment;
use dbwright_core::workload::Statement;
use dbwright_core::{Failure, Proof};

use super::gains::{self, Worth};
use super::text::{name_in, short};
use super::{Advised, Options, Subject, Weighting, notes};
use crate::advice::{
    Advice, Create, CurvePoint, Drop, Replace, SCHEMA_VERSION, Skipped, StatementCost, WorkloadSummary,
};
use crate::drops::{Dropped, report};
use crate::search::{Outcome, Search};

/// Most runners-up that are handed on.
const RUNNERS_UP: usize = 128;

/// All that an advice is made of.
pub(super) struct Found<'a> {
    /// What it is for.
    pub(super) subject: Subject,
    /// What was asked for.
    pub(super) options: &'a Options,
    /// Statements that were left out, by position, with the reason.
    pub(super) skipped: Vec<(usize, String)>,
    /// The search.
    pub(super) search: Search<'a>,
    /// What it found.
    pub(super) outcome: Outcome,
    /// What may go.
    pub(super) dropped: Dropped,
}

impl Found<'_> {
    /// The advice.
    pub(super) async fn advised(mut self) -> Result<Advised, Failure> {
        let worths = gains::worths(&mut self.search, &self.outcome).await?;
        let create = self.creates(&worths);
        let (drop, replace) = self.drops(&worths, &create);
        let space = &self.search.space;
        let indexes = worths.iter().map(|w| space.candidates[w.candidate as usize].index.clone()).collect();
        let near = self.outcome.runners_up.iter().take(RUNNERS_UP).map(|c| &space.candidates[*c as usize]);
        let runners_up = near.map(|c| (c.index.clone(), c.estimate.clone())).collect();
        let queries = space.queries.to_vec();
        let defined = space.defined().to_vec();
        let workload = self.subject.workload.clone();
        let advice = self.advice(create, drop, replace);
        Ok(Advised { advice, indexes, runners_up, queries, defined, workload })
    }

    fn advice(self, create: Vec<Create>, drop: Vec<Drop>, replace: Vec<Replace>) -> Advice {
        let (search, outcome) = (&self.search, &self.outcome);
        Advice {
            schema_version: SCHEMA_VERSION,
            dbwright: env!("CARGO_PKG_VERSION").to_owned(),
            place: search.whatif.place(),
            unit: self.unit(),
            workload: self.summary(),
            budget_bytes: self.options.bytes,
            budget_indexes: self.options.count,
            cost_before: self.shown(self.before()),
            cost_after: self.shown(outcome.cost),
            optimality_gap: self.gap(),
            // One plan of each query was made when it was prepared.
            planner_calls: search.oracle.calls + self.dropped.calls + search.space.queries.len() as u64,
            cache_hits: search.oracle.hits,
            candidates: search.space.candidates.len(),
            seconds: 0.0,
            lab_seconds: 0.0,
            interrupted: outcome.stopped,
            create,
            drop,
            replace,
            statements: self.statements(),
            curve: self.curve(),
            withdrawn: Vec::new(),
            notes: notes::notes(&self),
            target: self.subject.target,
        }
    }

    fn unit(&self) -> String {
        let unit = self.search.whatif.unit();
        match self.options.weighting {
            Weighting::Calls => unit,
            Weighting::Share => format!("share of today's {unit}"),
            Weighting::Factor => format!("share of today's {unit}, geometric mean"),
        }
    }

    /// Weighted cost of all queries with the indexes that there are.
    fn before(&self) -> f64 {
        self.search.weights.sum(self.search.space.queries.iter().map(|query| query.cost))
    }

    /// A sum of counts as it is reported.
    pub(super) fn shown(&self, sum: f64) -> f64 {
        self.search.weights.shown(sum, self.before())
    }

    /// By how much of itself the cost may exceed the bound.
    fn gap(&self) -> f64 {
        let (cost, bound) = (self.shown(self.outcome.cost), self.shown(self.outcome.bound));
        if cost > 0.0 { ((cost - bound) / cost).max(0.0) } else { 0.0 }
    }

    fn curve(&self) -> Vec<CurvePoint> {
        let shown =
            |point: &CurvePoint| CurvePoint { cost: self.shown(point.cost), bound: self.shown(point.bound), ..*point };
        self.outcome.curve.iter().map(shown).collect()
    }

    fn summary(&self) -> WorkloadSummary {
        let workload = &self.subject.workload;
        let skipped = self.skipped.iter().map(|(statement, reason)| self.skipped(*statement, reason)).collect();
        let (source, window_s) = (workload.source.clone(), workload.window_s);
        WorkloadSummary { source, window_s, statements: workload.statements.len(), skipped }
    }

    fn skipped(&self, statement: usize, reason: &str) -> Skipped {
        let all = &self.subject.workload.statements;
        let timed = all.iter().any(|s| s.total_ms.is_some());
        let size = |s: &Statement| if timed { s.total_ms.unwrap_or(0.0) } else { s.calls };
        let total: f64 = all.iter().map(size).sum();
        let share = if total > 0.0 { size(&all[statement]) / total } else { 0.0 };
        Skipped { statement: short(&all[statement].text), reason: reason.to_owned(), time_share: share }
    }

    /// What each planned statement costs, the greatest change first.
    fn statements(&self) -> Vec<StatementCost> {
        let all = &self.subject.workload.statements;
        let mut costs = vec![None::<(f64, f64)>; all.len()];
        for (query, after) in self.search.space.queries.iter().zip(&self.outcome.costs) {
            let entry = costs[query.statement].get_or_insert((0.0, 0.0));
            entry.0 += query.share * query.cost;
            entry.1 += query.share * after;
        }
        let listed = all.iter().zip(costs).filter_map(|(s, cost)| Some(cost_of(s, cost?)));
        let mut listed: Vec<StatementCost> = listed.collect();
        let change = |s: &StatementCost| ((s.before - s.after) * s.weight).abs();
        listed.sort_by(|a, b| change(b).total_cmp(&change(a)));
        listed
    }

    fn creates(&self, worths: &[Worth]) -> Vec<Create> {
        let mut names = Vec::new();
        worths.iter().map(|worth| self.create(worth, &mut names)).collect()
    }

    fn create(&self, worth: &Worth, names: &mut Vec<String>) -> Create {
        let (search, outcome) = (&self.search, &self.outcome);
        let candidate = &search.space.candidates[worth.candidate as usize];
        let mut change = search.whatif.create(&candidate.index, None);
        let mut name = name_in(&change.forward);
        if names.contains(&name) {
            let other = (2..=names.len() + 2).map(|n| format!("{name}_{n}")).find(|n| !names.contains(n));
            name = other.unwrap_or(name);
            change = search.whatif.create(&candidate.index, Some(&name));
        }
        names.push(name.clone());
        let cost = self.shown(outcome.cost);
        let gain = self.shown(outcome.cost + worth.gain) - cost;
        let upkeep = cost - self.shown(outcome.cost - candidate.estimate.upkeep * search.weights.upkeep);
        let all = &self.subject.workload.statements;
        Create {
            statement: change.forward.join("; "),
            name,
            table: candidate.index.table.to_string(),
            bytes: candidate.estimate.bytes,
            gain,
            write_cost: upkeep,
            write_reason: candidate.estimate.reason.clone(),
            helps: worth.helps.iter().map(|(statement, _)| all[*statement].fingerprint.clone()).collect(),
            change,
            proof: self.proof(cost - upkeep + gain, cost),
        }
    }

    fn drops(&self, worths: &[Worth], create: &[Create]) -> (Vec<Drop>, Vec<Replace>) {
        let id = |worth: &Worth| self.search.space.candidates[worth.candidate as usize].id;
        let report = report::Report {
            whatif: self.search.whatif,
            unit: &self.unit(),
            shown: &|sum| self.shown(sum),
            repeat: format!("dbwright advise {}", self.subject.target.name),
            created: worths.iter().map(id).zip(create.iter().map(|create| create.name.clone())).collect(),
        };
        report.lists(&self.dropped)
    }

    fn proof(&self, before: f64, after: f64) -> Proof {
        Proof::Planner(Experiment {
            before,
            after,
            unit: self.unit(),
            runs: 1,
            spread: 0.0,
            repeat: format!("dbwright advise {}", self.subject.target.name),
            note: Some(format!("the workload without this one index and with it, in {}", self.search.whatif.place())),
        })
    }
}

fn cost_of(statement: &Statement, (before, after): (f64, f64)) -> StatementCost {
    StatementCost {
        fingerprint: statement.fingerprint.clone(),
        text: short(&statement.text),
        weight: statement.calls,
        before,
        after,
        measured_before_ms: None,
        measured_after_ms: None,
    }
}
