//! The offers of all queries as one matrix for the solver.

use std::collections::HashMap;

use super::options::Offer;
use super::space::{CandidateId, Space};
use crate::solve::{Choices, Item, Matrix};
use crate::weights::Weights;

/// A matrix and the candidates behind its columns.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// What the solver sees.
    pub(crate) matrix: Matrix,
    /// The candidate of each item.
    pub(crate) candidates: Vec<CandidateId>,
    items: HashMap<CandidateId, u32>,
}

impl Model {
    /// Adds the next query.
    pub(crate) fn push(&mut self, space: &Space<'_>, base: f64, weights: &Weights, offers: &[Offer]) {
        let query = self.matrix.queries.len();
        let mut options = Vec::with_capacity(offers.len());
        for offer in offers {
            let named = space.named(query, &offer.set);
            let mut items: Vec<_> = named.into_iter().map(|c| self.item(space, c, weights.upkeep)).collect();
            items.sort_unstable();
            options.push((items, weights.of(query, offer.cost)));
        }
        self.matrix.queries.push(Choices { base: weights.of(query, base), options });
    }

    fn item(&mut self, space: &Space<'_>, candidate: CandidateId, upkeep: f64) -> u32 {
        if let Some(item) = self.items.get(&candidate) {
            return *item;
        }
        let estimate = &space.candidates[candidate as usize].estimate;
        let item = u32::try_from(self.candidates.len()).unwrap_or(u32::MAX);
        self.matrix.indexes.push(Item { bytes: estimate.bytes, upkeep: estimate.upkeep * upkeep });
        self.candidates.push(candidate);
        self.items.insert(candidate, item);
        item
    }

    /// The candidates behind chosen items, ascending.
    pub(crate) fn named(&self, chosen: &[u32]) -> Vec<CandidateId> {
        let mut named: Vec<_> = chosen.iter().map(|item| self.candidates[*item as usize]).collect();
        named.sort_unstable();
        named
    }

    /// What a query costs with chosen items.
    pub(crate) fn cost(&self, query: usize, chosen: &[u32]) -> f64 {
        let choices = &self.matrix.queries[query];
        let has = |items: &[u32]| items.iter().all(|item| chosen.binary_search(item).is_ok());
        choices.options.iter().filter(|(items, _)| has(items)).map(|(_, cost)| *cost).fold(choices.base, f64::min)
    }
}
