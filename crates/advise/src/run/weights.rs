//! What makes a query weigh.

use dbwright_core::workload::Workload;

use super::Weighting;
use crate::port::Query;
use crate::search::Weights;

/// The weight of each query, and of upkeep against them.
pub(crate) fn weights(workload: &Workload, queries: &[Query], weighting: Weighting) -> Weights {
    let calls: Vec<f64> = queries.iter().map(|q| workload.statements[q.statement].calls * q.share).collect();
    match weighting {
        Weighting::Calls => Weights { queries: calls, upkeep: 1.0 },
        Weighting::Share => shares(workload, queries, &calls),
    }
}

/// Each statement counts 1 today. Upkeep counts in shares of what all calls cost today, times the number of statements, so
/// that it weighs against reads as it does in reality.
fn shares(workload: &Workload, queries: &[Query], calls: &[f64]) -> Weights {
    let mut today = vec![0.0; workload.statements.len()];
    for query in queries {
        today[query.statement] += query.share * query.cost;
    }
    let total: f64 = queries.iter().zip(calls).map(|(query, calls)| query.cost * calls).sum();
    let planned = today.iter().filter(|cost| **cost > 0.0).count();
    let weight = |query: &Query| if today[query.statement] > 0.0 { query.share / today[query.statement] } else { 0.0 };
    let upkeep = if total > 0.0 { planned as f64 / total } else { 0.0 };
    Weights { queries: queries.iter().map(weight).collect(), upkeep }
}

#[cfg(test)]
mod tests {
    use dbwright_core::workload::Statement;

    use super::*;
    use crate::usage::Usage;

    fn query(statement: usize, share: f64, cost: f64) -> Query {
        Query { statement, share, sql: String::new(), usage: Usage::default(), cost }
    }

    #[test]
    fn in_shares_every_statement_counts_the_same() {
        let called = |calls| Statement { calls, ..Statement::default() };
        let statements = vec![called(10.0), called(1000.0)];
        let workload = Workload { statements, window_s: Some(60.0), ..Workload::default() };
        let queries = [query(0, 0.5, 4.0), query(0, 0.5, 8.0), query(1, 1.0, 100.0)];
        let plain = weights(&workload, &queries, Weighting::Calls);
        assert_eq!(plain.queries, [5.0, 5.0, 1000.0]);
        let shares = weights(&workload, &queries, Weighting::Share);
        let counts: Vec<f64> = queries.iter().zip(&shares.queries).map(|(q, w)| q.cost * w).collect();
        assert!((counts[0] + counts[1] - 1.0).abs() < 1e-12 && (counts[2] - 1.0).abs() < 1e-12, "{counts:?}");
        assert!((shares.upkeep - 2.0 / 100_060.0).abs() < 1e-12);
    }
}
