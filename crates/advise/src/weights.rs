//! What makes a query weigh, and in what sense costs add up.

use std::collections::BTreeSet;

use dbwright_core::workload::Workload;

use crate::port::Query;
use crate::run::Weighting;

/// A factor greater than this counts as this one, so that the weight of a query that costs next to nothing stays finite.
const FACTOR: f64 = 1e6;

/// The weight of each query, and of upkeep against them.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    /// Weight of one unit of each query's cost.
    queries: Vec<f64>,
    /// For the upkeep of indexes.
    pub(crate) upkeep: f64,
    /// Cost of each query today, when what counts is the factor by which it changes.
    today: Option<Vec<f64>>,
}

impl Weights {
    /// For a workload whose queries cost what they cost today.
    #[must_use]
    pub fn new(workload: &Workload, queries: &[Query], weighting: Weighting) -> Self {
        let calls: Vec<f64> = queries.iter().map(|q| workload.statements[q.statement].calls * q.share).collect();
        let today = || queries.iter().map(|query| query.cost).collect();
        match weighting {
            Weighting::Calls => Self::linear(calls, 1.0),
            Weighting::Share => shares(workload, queries, &calls),
            Weighting::Factor => Self { today: Some(today()), ..factors(queries, &calls) },
        }
    }

    /// The weight of one unit of each query's cost, as it is given.
    #[must_use]
    pub const fn linear(queries: Vec<f64>, upkeep: f64) -> Self {
        Self { queries, upkeep, today: None }
    }

    /// What a query counts at a cost: never negative, and it grows with the cost.
    pub(crate) fn of(&self, query: usize, cost: f64) -> f64 {
        let linear = cost * self.queries[query];
        let Some(today) = self.today.as_ref().map(|today| today[query]) else { return linear };
        if today > 0.0 { self.queries[query] * today * factor(cost / today) } else { 0.0 }
    }

    /// What all queries count at these costs.
    pub(crate) fn sum(&self, costs: impl IntoIterator<Item = f64>) -> f64 {
        costs.into_iter().enumerate().map(|(query, cost)| self.of(query, cost)).sum()
    }

    /// A sum as it is reported, `before` being today's: as it is, or today's cost times the mean factor.
    pub(crate) fn shown(&self, sum: f64, before: f64) -> f64 {
        let Some(today) = &self.today else { return sum };
        let whole = self.weighed(today.iter().copied());
        if whole > 0.0 { whole * ((sum - before) / whole).exp() } else { 0.0 }
    }

    /// Weighted cost of all queries today, as it is reported.
    pub(crate) fn today(&self, queries: &[Query]) -> f64 {
        self.weighed(queries.iter().map(|query| query.cost))
    }

    fn weighed(&self, costs: impl Iterator<Item = f64>) -> f64 {
        costs.zip(&self.queries).map(|(cost, weight)| cost * weight).sum()
    }
}

/// What counts of a factor: its logarithm, from the least factor that counts on. Sums of it order as products do.
pub(crate) fn factor(factor: f64) -> f64 {
    (factor * FACTOR).max(1.0).ln()
}

/// Each statement counts 1 today. Upkeep counts in shares of what all calls cost today, times the number of statements, so
/// that it weighs against reads as it does in reality.
fn shares(workload: &Workload, queries: &[Query], calls: &[f64]) -> Weights {
    let mut today = vec![0.0; workload.statements.len()];
    for query in queries {
        today[query.statement] += query.share * query.cost;
    }
    let weight = |query: &Query| if today[query.statement] > 0.0 { query.share / today[query.statement] } else { 0.0 };
    Weights::linear(queries.iter().map(weight).collect(), upkeep(queries, calls))
}

/// As shares, but each sample of a statement by itself: a mean of factors is taken over samples too.
fn factors(queries: &[Query], calls: &[f64]) -> Weights {
    let weight = |query: &Query| if query.cost > 0.0 { query.share / query.cost } else { 0.0 };
    Weights::linear(queries.iter().map(weight).collect(), upkeep(queries, calls))
}

fn upkeep(queries: &[Query], calls: &[f64]) -> f64 {
    let planned: BTreeSet<usize> =
        queries.iter().filter(|query| query.cost > 0.0).map(|query| query.statement).collect();
    let total: f64 = queries.iter().zip(calls).map(|(query, calls)| query.cost * calls).sum();
    if total > 0.0 { planned.len() as f64 / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use dbwright_core::workload::Statement;

    use super::*;
    use crate::usage::Usage;

    fn query(statement: usize, share: f64, cost: f64) -> Query {
        Query { statement, share, sql: String::new(), usage: Usage::default(), cost }
    }

    fn workload() -> (Workload, [Query; 3]) {
        let called = |calls| Statement { calls, ..Statement::default() };
        let statements = vec![called(10.0), called(1000.0)];
        let workload = Workload { statements, window_s: Some(60.0), ..Workload::default() };
        (workload, [query(0, 0.5, 4.0), query(0, 0.5, 8.0), query(1, 1.0, 100.0)])
    }

    #[test]
    fn in_shares_every_statement_counts_the_same() {
        let (workload, queries) = workload();
        let plain = Weights::new(&workload, &queries, Weighting::Calls);
        assert_eq!(plain.queries, [5.0, 5.0, 1000.0]);
        let shares = Weights::new(&workload, &queries, Weighting::Share);
        let counts: Vec<f64> = queries.iter().enumerate().map(|(at, q)| shares.of(at, q.cost)).collect();
        assert!((counts[0] + counts[1] - 1.0).abs() < 1e-12 && (counts[2] - 1.0).abs() < 1e-12, "{counts:?}");
        assert!((shares.upkeep - 2.0 / 100_060.0).abs() < 1e-12);
    }

    #[test]
    fn by_factors_the_geometric_mean_is_what_is_shown() {
        let (workload, queries) = workload();
        let factors = Weights::new(&workload, &queries, Weighting::Factor);
        let before = factors.sum(queries.iter().map(|query| query.cost));
        assert!((factors.shown(before, before) - 2.0).abs() < 1e-9, "two statements, each 1 today");
        // One sample of the first statement at a quarter of its cost, the second statement at half: sqrt(sqrt(1/4) * 1/2).
        let after = factors.sum([4.0, 2.0, 50.0]);
        assert!((factors.shown(after, before) / 2.0 - 0.5).abs() < 1e-9, "{}", factors.shown(after, before));
        // Halving the dear statement is worth as much as halving the cheap one.
        let dear = before - factors.sum([4.0, 8.0, 50.0]);
        let cheap = before - factors.sum([2.0, 4.0, 100.0]);
        assert!((dear - cheap).abs() < 1e-9, "{dear} {cheap}");
        assert!(factors.of(0, 0.0) >= 0.0 && factors.upkeep > 0.0);
    }
}
