//! What matters to one query is shown to the others: alone, and merged with its like.

use std::collections::{BTreeMap, HashMap, HashSet};

use dbwright_core::Failure;

use super::oracle::Oracle;
use super::probe::atoms;
use super::space::{CandidateId, Space};
use crate::candidates;
use crate::index::{Index, ObjectName};
use crate::port::WhatIf;
use crate::weights::Weights;

/// Most candidates of one table that are merged with each other.
const MERGED: usize = 24;

/// The candidates of all atoms, with the weighted gain that they were seen to take part in.
pub(crate) fn useful(oracle: &Oracle<'_>, space: &Space<'_>, weights: &Weights) -> HashMap<CandidateId, f64> {
    let mut gains: HashMap<CandidateId, f64> = HashMap::new();
    for query in 0..space.queries.len() {
        let mut own: HashMap<CandidateId, f64> = HashMap::new();
        for set in atoms(oracle, query) {
            let cost = oracle.known(query, &set).map_or(f64::INFINITY, |fact| fact.cost);
            let gain = (weights.of(query, oracle.base(query)) - weights.of(query, cost)).max(0.0);
            for candidate in space.named(query, &set) {
                let entry = own.entry(candidate).or_default();
                *entry = entry.max(gain);
            }
        }
        for (candidate, gain) in own {
            *gains.entry(candidate).or_default() += gain;
        }
    }
    gains
}

/// Merges of what matters most on each table.
pub(crate) async fn merge(
    space: &mut Space<'_>,
    whatif: &dyn WhatIf,
    useful: &HashMap<CandidateId, f64>,
) -> Result<Vec<CandidateId>, Failure> {
    let mut tables: BTreeMap<ObjectName, Vec<(CandidateId, f64)>> = BTreeMap::new();
    for (candidate, gain) in useful {
        let table = space.candidates[*candidate as usize].index.table.clone();
        tables.entry(table).or_default().push((*candidate, *gain));
    }
    let mut merged = Vec::new();
    for (_, mut here) in tables {
        here.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        here.truncate(MERGED);
        let indexes: Vec<Index> = here.iter().map(|(c, _)| space.candidates[*c as usize].index.clone()).collect();
        merged.extend(candidates::merges(&indexes));
    }
    let defined = space.define(whatif, merged).await?;
    Ok(defined.into_iter().flatten().collect())
}

/// Shows candidates to every query that reads their table and may still gain. Answers with the queries that saw a new one.
pub(crate) fn share(space: &mut Space<'_>, candidates: &[CandidateId], open: &[bool]) -> Vec<(usize, Vec<usize>)> {
    let readers = space.readers();
    let mut seen: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let unique: HashSet<_> = candidates.iter().copied().collect();
    let mut unique: Vec<_> = unique.into_iter().collect();
    unique.sort_unstable();
    for candidate in unique {
        let table = space.candidates[candidate as usize].index.table.clone();
        for &query in readers.get(&table).map(Vec::as_slice).unwrap_or_default() {
            if !open[query] || space.views[query].place(candidate).is_some() {
                continue;
            }
            if let Some(place) = space.show(query, candidate) {
                seen.entry(query).or_default().push(place);
            }
        }
    }
    seen.into_iter().collect()
}
