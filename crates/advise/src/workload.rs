//! Which queries of a long workload matter: the few that make up nearly all of its cost, and enough of the others that
//! no table is forgotten.

use std::collections::HashSet;

use crate::index::ObjectName;
use crate::port::Query;

/// What is looked at, and what is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Matter {
    /// Positions of the queries that are looked at, ascending.
    pub queries: Vec<usize>,
    /// Share of the workload's cost that the others have.
    pub left_out: f64,
}

/// Chooses the queries that cover a share of the weighted cost, at most `most` of them; the costliest query of each
/// table is always among them, so that a table is never without a voice. `weights` are by position.
#[must_use]
pub fn matter(queries: &[Query], weights: &[f64], cover: f64, most: usize) -> Matter {
    let cost = |at: usize| queries[at].cost * weights.get(at).copied().unwrap_or(0.0);
    let total: f64 = (0..queries.len()).map(cost).sum();
    let mut order: Vec<usize> = (0..queries.len()).collect();
    order.sort_by(|a, b| cost(*b).total_cmp(&cost(*a)).then(a.cmp(b)));
    let mut heard: HashSet<&ObjectName> = HashSet::new();
    let mut kept = Vec::new();
    let (mut passed, mut covered) = (0.0, 0.0);
    for at in order {
        let first = queries[at].usage.tables.iter().filter(|table| heard.insert(&table.table)).count() > 0;
        if first || (passed < cover * total && kept.len() < most) {
            covered += cost(at);
            kept.push(at);
        }
        passed += cost(at);
    }
    kept.sort_unstable();
    let left_out = if total > 0.0 { (1.0 - covered / total).max(0.0) } else { 0.0 };
    Matter { queries: kept, left_out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::{TableUse, Usage};

    fn query(table: &str, cost: f64) -> Query {
        let table = ObjectName { schema: "s".to_owned(), name: table.to_owned() };
        let reference = TableUse {
            table,
            alias: "t".to_owned(),
            rows: 1.0,
            kept: 1.0,
            conditions: Vec::new(),
            joins: Vec::new(),
            nested: Vec::new(),
            orders: Vec::new(),
            groups: Vec::new(),
            needed: None,
            limited: false,
            written: false,
            columns: Vec::new(),
        };
        Query { statement: 0, share: 1.0, sql: String::new(), usage: Usage { tables: vec![reference] }, cost }
    }

    #[test]
    fn the_costly_ones_and_one_of_each_table_are_kept() {
        let mut queries: Vec<_> = (0..100).map(|n| query("big", if n < 3 { 1000.0 } else { 0.1 })).collect();
        queries.push(query("small", 0.01));
        let weights = vec![1.0; queries.len()];
        let found = matter(&queries, &weights, 0.99, 50);
        assert_eq!(found.queries, [0, 1, 2, 100]);
        assert!(found.left_out > 0.003 && found.left_out < 0.0033, "{}", found.left_out);
        assert_eq!(matter(&queries, &weights, 1.0, 1000).queries.len(), 101);
        assert_eq!(matter(&queries, &weights, 1.0, 2).queries, [0, 1, 100]);
    }

    #[test]
    fn weights_decide_and_nothing_costs_nothing() {
        let queries = [query("a", 1.0), query("a", 100.0)];
        assert_eq!(matter(&queries, &[1e6, 1.0], 0.5, 10).queries, [0]);
        assert_eq!(matter(&[], &[], 0.99, 10), Matter { queries: Vec::new(), left_out: 0.0 });
    }
}
