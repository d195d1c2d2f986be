//! The candidates, and which of them matter to which query.

use std::collections::HashMap;

use dbwright_core::Failure;

use super::serve;
use super::set::Set;
use crate::candidates::Signature;
use crate::index::Index;
use crate::port::{Estimate, IndexId, Query, QueryId, WhatIf};

/// Position of a candidate in [`Space::candidates`].
pub(crate) type CandidateId = u32;

/// An index that the engine accepts.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// Its definition.
    pub(crate) index: Index,
    /// Its id on the what-if side.
    pub(crate) id: IndexId,
    /// What the engine says about it.
    pub(crate) estimate: Estimate,
}

/// One query's view: its candidates in the order in which they became known to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// The candidates; a position in this list is what a [`Set`] holds.
    pub(crate) list: Vec<CandidateId>,
    /// What each of them does for the query.
    pub(crate) services: Vec<Signature>,
    /// A number for each of them; those that do the same have the same.
    kinds: Vec<usize>,
    numbers: HashMap<Signature, usize>,
    places: HashMap<CandidateId, usize>,
}

impl View {
    /// Where a candidate is in the list.
    pub(crate) fn place(&self, candidate: CandidateId) -> Option<usize> {
        self.places.get(&candidate).copied()
    }

    /// All that is in the list.
    pub(crate) fn all(&self) -> Set {
        (0..self.list.len()).collect()
    }
}

/// All candidates of a search.
pub(crate) struct Space<'a> {
    /// The queries.
    pub(crate) queries: &'a [Query],
    /// Candidates that can be asked about.
    pub(crate) candidates: Vec<Candidate>,
    /// One view for each query.
    pub(crate) views: Vec<View>,
    /// Every definition that was tried; none when the engine refused it.
    known: HashMap<Index, Option<CandidateId>>,
    /// Every definition that got an id, in order.
    defined: Vec<Index>,
    first: IndexId,
}

impl<'a> Space<'a> {
    /// Without candidates. What is there already is no candidate.
    pub(crate) fn new(whatif: &dyn WhatIf, queries: &'a [Query]) -> Self {
        let existing = whatif.existing();
        let first = existing.len();
        let known = existing.into_iter().map(|e| (e.index, None)).collect();
        let views = queries.iter().map(|_| View::default()).collect();
        Self { queries, candidates: Vec::new(), views, known, defined: Vec::new(), first }
    }

    /// Defines what is new among some indexes. Answers with those that can be asked about, in their order.
    pub(crate) async fn define(
        &mut self,
        whatif: &dyn WhatIf,
        indexes: Vec<Index>,
    ) -> Result<Vec<Option<CandidateId>>, Failure> {
        let mut fresh = Vec::new();
        for index in &indexes {
            if !self.known.contains_key(index) {
                self.known.insert(index.clone(), None);
                fresh.push(index.clone());
            }
        }
        if !fresh.is_empty() {
            let answers = whatif.define(&fresh).await?;
            for (index, answer) in fresh.into_iter().zip(answers) {
                self.accept(index, answer.ok());
            }
        }
        Ok(indexes.iter().map(|index| self.known.get(index).copied().flatten()).collect())
    }

    fn accept(&mut self, index: Index, estimate: Option<Estimate>) {
        let id = self.first + self.defined.len();
        self.defined.push(index.clone());
        if let (Some(estimate), Ok(position)) = (estimate, u32::try_from(self.candidates.len())) {
            self.known.insert(index.clone(), Some(position));
            self.candidates.push(Candidate { index, id, estimate });
        }
    }

    /// Every index that was defined, in order.
    pub(crate) fn defined(&self) -> &[Index] {
        &self.defined
    }

    /// Lets a query know of a candidate. Answers with its place, or none when it can be of no use to the query.
    pub(crate) fn show(&mut self, query: QueryId, candidate: CandidateId) -> Option<usize> {
        let view = &mut self.views[query];
        if let Some(place) = view.places.get(&candidate) {
            return Some(*place);
        }
        let service = serve::service(&self.queries[query].usage, &self.candidates[candidate as usize].index)?;
        let place = view.list.len();
        let number = view.numbers.len();
        view.kinds.push(*view.numbers.entry(service.clone()).or_insert(number));
        view.list.push(candidate);
        view.services.push(service);
        view.places.insert(candidate, place);
        Some(place)
    }

    /// The candidate at a place of a query's list.
    pub(crate) fn at(&self, query: QueryId, place: usize) -> &Candidate {
        &self.candidates[self.views[query].list[place] as usize]
    }

    /// Bytes of the candidate at a place of a query's list.
    pub(crate) fn bytes(&self, query: QueryId, place: usize) -> u64 {
        self.at(query, place).estimate.bytes
    }

    /// Places without those whose candidates do for the query what a smaller one among them does: planning takes longer with
    /// each that is shown, and the planner would not take them.
    pub(crate) fn narrowest(&self, query: QueryId, places: impl Iterator<Item = usize>) -> Set {
        self.least(query, places).into_values().map(|(_, place)| place).collect()
    }

    /// Places and all those whose candidates do for the query no more than a smaller one among them.
    pub(crate) fn widened(&self, query: QueryId, set: &Set) -> Set {
        let least = self.least(query, set.iter());
        let kinds = self.views[query].kinds.iter().enumerate();
        let wider =
            kinds.filter(|(place, kind)| least.get(kind).is_some_and(|one| *one < (self.bytes(query, *place), *place)));
        set.union(&wider.map(|(place, _)| place).collect())
    }

    /// The smallest among some places of each kind, with its bytes.
    fn least(&self, query: QueryId, places: impl Iterator<Item = usize>) -> HashMap<usize, (u64, usize)> {
        let mut least: HashMap<usize, (u64, usize)> = HashMap::new();
        for place in places {
            let one = (self.bytes(query, place), place);
            let entry = least.entry(self.views[query].kinds[place]).or_insert(one);
            *entry = one.min(*entry);
        }
        least
    }

    /// A choice of candidates as a query sees it.
    pub(crate) fn seen(&self, query: QueryId, chosen: &[CandidateId]) -> Set {
        chosen.iter().filter_map(|c| self.views[query].place(*c)).collect()
    }

    /// The candidates behind places of a query's list, ascending.
    pub(crate) fn named(&self, query: QueryId, set: &Set) -> Vec<CandidateId> {
        let mut named: Vec<_> = set.iter().map(|place| self.views[query].list[place]).collect();
        named.sort_unstable();
        named
    }

    /// Queries by the tables that they mention.
    pub(crate) fn readers(&self) -> HashMap<&'a crate::index::ObjectName, Vec<QueryId>> {
        let mut readers: HashMap<_, Vec<QueryId>> = HashMap::new();
        for (q, query) in self.queries.iter().enumerate() {
            for reference in &query.usage.tables {
                let entry = readers.entry(&reference.table).or_default();
                if entry.last() != Some(&q) {
                    entry.push(q);
                }
            }
        }
        readers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::ObjectName;

    /// One query that sees candidates of these bytes, each doing what its kind says.
    fn space(seen: &[(u64, usize)]) -> Space<'static> {
        let table = ObjectName { schema: "public".to_owned(), name: "t".to_owned() };
        let candidate = |(bytes, _): &(u64, usize)| Candidate {
            index: Index::btree(table.clone(), None::<String>),
            id: 0,
            estimate: Estimate { bytes: *bytes, ..Estimate::default() },
        };
        let view = View {
            list: (0..).take(seen.len()).collect(),
            kinds: seen.iter().map(|(_, kind)| *kind).collect(),
            ..View::default()
        };
        Space {
            queries: &[],
            candidates: seen.iter().map(candidate).collect(),
            views: vec![view],
            known: HashMap::new(),
            defined: Vec::new(),
            first: 0,
        }
    }

    #[test]
    fn of_those_that_do_the_same_the_smallest_is_shown_and_tells_of_the_others() {
        let space = space(&[(30, 0), (10, 0), (20, 1), (10, 0), (40, 1)]);
        let set = |places: &[usize]| places.iter().copied().collect::<Set>();
        assert_eq!(space.narrowest(0, 0..5), set(&[1, 2]));
        assert_eq!(space.narrowest(0, [0, 4].into_iter()), set(&[0, 4]), "what is not among them does not count");
        assert_eq!(space.widened(0, &set(&[1])), set(&[0, 1, 3]));
        assert_eq!(space.widened(0, &set(&[0, 2])), set(&[0, 2, 4]), "a smaller one could still change the plan");
        assert_eq!(space.widened(0, &set(&[])), set(&[]));
    }
}
