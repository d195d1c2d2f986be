//! What queries were offered in earlier rounds: most learn nothing in a round, and their offers stay as they are.

use super::options::{self, Offer};
use super::oracle::Oracle;
use super::space::Space;
use super::threads;
use crate::port::QueryId;

/// Queries for which a thread more is worth its start.
const LOT: usize = 8;

/// The offers of all queries, with guesses and without.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    sure: Vec<Option<Entry>>,
    guessed: Vec<Option<Entry>>,
}

/// The offers of one query.
#[derive(Debug)]
struct Entry {
    /// What they were made of: plans, candidates, and trust in guesses.
    from: (usize, usize, u64),
    offers: Vec<Offer>,
}

impl Shelf {
    /// Makes anew what has changed, with each query's trust in guesses.
    pub(crate) fn refresh(&mut self, oracle: &Oracle<'_>, space: &Space<'_>, trust: &[f64], guessing: bool) {
        let side = self.side(guessing);
        side.resize_with(trust.len(), || None);
        let from = |query: QueryId| (oracle.facts(query).len(), space.views[query].list.len(), trust[query].to_bits());
        let stale = |query: &QueryId| side[*query].as_ref().is_none_or(|entry| entry.from != from(*query));
        let stale: Vec<QueryId> = (0..trust.len()).filter(stale).collect();
        let make = |query: &QueryId| Entry {
            from: from(*query),
            offers: options::offers(oracle, space, *query, trust[*query]),
        };
        for (query, entry) in stale.iter().zip(threads::map(&stale, LOT, make)) {
            side[*query] = Some(entry);
        }
    }

    /// The offers of a query.
    pub(crate) fn offers(&self, query: QueryId, guessing: bool) -> &[Offer] {
        let side = if guessing { &self.guessed } else { &self.sure };
        side.get(query).and_then(Option::as_ref).map_or(&[], |entry| &entry.offers)
    }

    fn side(&mut self, guessing: bool) -> &mut Vec<Option<Entry>> {
        if guessing { &mut self.guessed } else { &mut self.sure }
    }
}
