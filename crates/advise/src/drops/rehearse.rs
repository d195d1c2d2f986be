//! The workload planned without what could go.

use std::collections::{BTreeSet, HashSet};

use dbwright_core::Failure;

use super::Look;
use crate::index::ObjectName;
use crate::port::{Ask, Existing, IndexId, Planned, QueryId};

/// By how much of itself a statement's cost may rise.
const WORSE: f64 = 0.01;

/// The plans of the workload with the new indexes, and what they are without some old ones.
pub(super) struct Rehearsal<'a> {
    look: &'a Look<'a>,
    existing: Vec<Existing>,
    with: Vec<IndexId>,
    /// Plans with all that there is; none for what the engine could not plan.
    now: Vec<Option<Planned>>,
    /// Plans that were made.
    pub(super) calls: u64,
    /// What could not be planned without an index, in the engine's words; each once.
    pub(super) refused: BTreeSet<String>,
}

impl<'a> Rehearsal<'a> {
    /// Plans the workload with the new indexes.
    pub(super) async fn start(look: &'a Look<'a>) -> Result<Self, Failure> {
        let mut with: Vec<IndexId> = look.chosen.iter().map(|(id, _)| *id).collect();
        with.sort_unstable();
        let existing = look.whatif.existing();
        let mut new = Self { look, existing, with, now: Vec::new(), calls: 0, refused: BTreeSet::new() };
        let all: Vec<QueryId> = (0..look.queries.len()).collect();
        new.now = new.plans(&all, &[]).await?;
        Ok(new)
    }

    /// Indexes that these plans read.
    pub(super) fn read(&self) -> HashSet<IndexId> {
        self.now.iter().flatten().flat_map(|plan| plan.used.iter().copied()).collect()
    }

    async fn plans(&mut self, queries: &[QueryId], hidden: &[IndexId]) -> Result<Vec<Option<Planned>>, Failure> {
        let ask = |&query: &QueryId| Ask { query, with: self.with.clone(), without: hidden.to_vec() };
        let asks: Vec<Ask> = queries.iter().map(ask).collect();
        self.calls += asks.len() as u64;
        let mut plans = Vec::with_capacity(asks.len());
        for answer in self.look.whatif.plan(&asks).await? {
            plans.push(answer.map_err(|reason| self.refused.insert(reason)).ok());
        }
        Ok(plans)
    }

    /// Queries that mention a table of these indexes.
    fn touching(&self, indexes: &[IndexId]) -> Vec<QueryId> {
        let tables: HashSet<&ObjectName> = indexes.iter().map(|id| &self.existing[*id].index.table).collect();
        let mentions = |query: &QueryId| {
            let reads = self.now[*query].iter().flat_map(|plan| &plan.used).any(|id| indexes.contains(id));
            reads || self.look.queries[*query].usage.tables.iter().any(|table| tables.contains(&table.table))
        };
        (0..self.now.len()).filter(mentions).collect()
    }

    /// Which of the hidden indexes some statement misses when all are hidden together.
    pub(super) async fn missed(&mut self, hidden: &[IndexId]) -> Result<HashSet<IndexId>, Failure> {
        let queries = self.touching(hidden);
        let plans = self.plans(&queries, hidden).await?;
        let mut missed = HashSet::new();
        for (query, plan) in queries.into_iter().zip(plans) {
            let now = self.now[query].as_ref();
            let fine = |now: &Planned| plan.as_ref().is_some_and(|plan| plan.cost <= now.cost * (1.0 + WORSE));
            if now.is_some_and(fine) {
                continue;
            }
            let used: Vec<_> =
                now.iter().flat_map(|plan| &plan.used).filter(|id| hidden.contains(id)).copied().collect();
            if used.is_empty() {
                // Its plan hangs on an index that it does not name, or it can't be planned: all on its tables stay.
                missed.extend(hidden.iter().copied().filter(|id| self.touching(&[*id]).contains(&query)));
            }
            missed.extend(used);
        }
        Ok(missed)
    }

    /// For each hidden index, the weighted cost of the workload with it back, and without it.
    pub(super) async fn worth(&mut self, hidden: &[IndexId]) -> Result<Vec<(f64, f64)>, Failure> {
        let all: Vec<QueryId> = (0..self.now.len()).collect();
        let gone: Vec<f64> = self.plans(&all, hidden).await?.iter().map(|plan| cost(plan.as_ref())).collect();
        let weights = self.look.weights;
        let after = weights.sum(gone.iter().copied());
        let mut worth = Vec::with_capacity(hidden.len());
        for id in hidden {
            let others: Vec<IndexId> = hidden.iter().copied().filter(|other| other != id).collect();
            let queries = self.touching(&[*id]);
            let plans = self.plans(&queries, &others).await?;
            let change = queries
                .iter()
                .zip(&plans)
                .map(|(&query, plan)| weights.of(query, cost(plan.as_ref())) - weights.of(query, gone[query]));
            worth.push((after + change.sum::<f64>(), after));
        }
        Ok(worth)
    }
}

fn cost(plan: Option<&Planned>) -> f64 {
    plan.map_or(0.0, |plan| plan.cost)
}
