//! Plain candidates from usage: keys in every useful order, covering, partial, expressions; merges and prefixes.

mod cover;
mod keys;
mod merge;
mod partial;
mod relevant;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::index::Index;
use crate::port::Query;
use crate::usage::TableUse;

pub use merge::merges;
pub use partial::partial;
pub(crate) use partial::tests_null;
pub use relevant::{Part, Signature, relevant};

/// Most candidates of one statement.
pub const MOST: usize = 60;

/// Most candidates of one reference to a small table: whatever an index does there, it does not do much.
const MOST_SMALL: usize = 2;

/// Rows of a table that counts as small.
const SMALL: f64 = 300.0;

/// Candidates of a statement, and those that were cut because there were too many.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offer {
    /// The candidates, those that promise most first.
    pub indexes: Vec<Index>,
    /// What was left out, those that promise most first.
    pub cut: Vec<Index>,
}

/// Candidates of one query: keys in every useful order, alone and covering.
#[must_use]
pub fn plain(query: &Query) -> Vec<Index> {
    offer(query, MOST).indexes
}

/// Candidates of one query, at most so many; the tables take turns, the larger ones more often.
#[must_use]
pub fn offer(query: &Query, most: usize) -> Offer {
    let mut lists: Vec<Vec<Index>> = Vec::new();
    let mut sizes: Vec<f64> = Vec::new();
    for table in &query.usage.tables {
        lists.push(of_table(table));
        sizes.push(table.rows.max(10.0).log10());
    }
    let mut offer = Offer::default();
    let mut seen = HashSet::new();
    let mut small: HashSet<usize> = HashSet::new();
    small.extend((0..lists.len()).filter(|at| query.usage.tables.get(*at).is_some_and(|table| table.rows < SMALL)));
    let mut taken = vec![0_usize; lists.len()];
    while let Some(at) = next(&lists, &taken, &sizes) {
        let Some(index) = lists.get(at).and_then(|list| list.get(taken.get(at).copied().unwrap_or(0))) else { break };
        if let Some(taken) = taken.get_mut(at) {
            *taken += 1;
            if seen.insert(index.clone()) {
                let full = offer.indexes.len() >= most || (small.contains(&at) && *taken > MOST_SMALL);
                if full { offer.cut.push(index.clone()) } else { offer.indexes.push(index.clone()) }
            }
        }
    }
    offer
}

/// The table whose turn it is: the one that had the least in proportion to its size.
fn next(lists: &[Vec<Index>], taken: &[usize], sizes: &[f64]) -> Option<usize> {
    let open = (0..lists.len()).filter(|at| taken.get(*at) < lists.get(*at).map(Vec::len).as_ref());
    let share =
        |at: usize| taken.get(at).map_or(0.0, |taken| *taken as f64 + 1.0) / sizes.get(at).copied().unwrap_or(1.0);
    open.min_by(|a, b| share(*a).total_cmp(&share(*b)).then(a.cmp(b)))
}

/// Candidates of one reference, those that promise most first: each list of keys alone and covering.
fn of_table(table: &TableUse) -> Vec<Index> {
    let mut scored = Vec::new();
    for (list, worth) in keys::lists(table) {
        let index = Index { keys: list, ..Index::btree::<String>(table.table.clone(), []) };
        if let Some(include) = cover::include(table, &index) {
            if include.is_empty() {
                scored.push((index, worth * 1.2));
                continue;
            }
            scored.push((Index { include, ..index.clone() }, worth * 1.1));
        }
        scored.push((index, worth));
    }
    scored.extend(cover::thin(table).map(|index| (index, 0.05)));
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut seen = HashSet::new();
    scored.into_iter().map(|(index, _)| index).filter(|index| seen.insert(index.clone())).collect()
}
