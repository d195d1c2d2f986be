//! Costs: asks the planner only what no earlier answer tells.
//!
//! A plan under the visible set V that uses U ⊆ V is the best one under every set between U and V, so one answer serves
//! them all. More indexes never make the best plan dearer, so an answer under V also bounds the cost under each part of V
//! from below. An index that does for the query no more than a smaller visible one would not be used either: it counts as
//! visible.

use std::collections::{HashMap, HashSet};

use dbwright_core::Failure;
use dbwright_core::progress::Silent;

use super::clock::Clock;
use super::set::Set;
use super::space::Space;
use crate::port::{Ask, Planned, QueryId, WhatIf};

/// Questions that go to the what-if side at once; between two lots the clock is looked at.
const LOT: usize = 256;

/// How a plan reads a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Read {
    /// Place of the candidate in the query's list.
    pub(crate) place: usize,
    /// Cost of all its loops.
    pub(crate) cost: f64,
    /// Whether the rows come from the index alone.
    pub(crate) covered: bool,
}

/// One answer of the planner.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    /// What was visible, or would have changed nothing.
    pub(crate) visible: Set,
    /// What of it the plan uses.
    pub(crate) used: Set,
    /// The sign of what it uses.
    sign: u64,
    /// Cost of the plan.
    pub(crate) cost: f64,
    /// How it reads what it uses.
    pub(crate) reads: Vec<Read>,
}

/// A question: a query under some of its candidates.
pub(crate) type Question = (QueryId, Set);

/// All answers so far.
pub(crate) struct Oracle<'a> {
    whatif: &'a dyn WhatIf,
    facts: Vec<Vec<Fact>>,
    /// Plans that were made.
    pub(crate) calls: u64,
    /// Questions that an earlier answer told.
    pub(crate) hits: u64,
    /// Questions that the engine could not answer, with its words.
    pub(crate) refused: Vec<(QueryId, String)>,
}

impl<'a> Oracle<'a> {
    /// Knows what each query costs without candidates.
    pub(crate) fn new(whatif: &'a dyn WhatIf, space: &Space<'_>) -> Self {
        let plain = |cost| Fact { visible: Set::default(), used: Set::default(), sign: 0, cost, reads: Vec::new() };
        let facts = space.queries.iter().map(|query| vec![plain(query.cost)]).collect();
        Self { whatif, facts, calls: 0, hits: 0, refused: Vec::new() }
    }

    /// All answers about a query; the first is its cost without candidates.
    pub(crate) fn facts(&self, query: QueryId) -> &[Fact] {
        &self.facts[query]
    }

    /// Cost of a query without candidates.
    pub(crate) fn base(&self, query: QueryId) -> f64 {
        self.facts[query][0].cost
    }

    /// The answer, when an earlier one tells it.
    pub(crate) fn known(&self, query: QueryId, set: &Set) -> Option<&Fact> {
        self.facts[query].iter().find(|fact| fact.used.within(set) && set.within(&fact.visible))
    }

    /// The query costs no less than this under a set.
    pub(crate) fn floor(&self, query: QueryId, set: &Set) -> f64 {
        let above = self.facts[query].iter().filter(|fact| set.within(&fact.visible)).map(|fact| fact.cost);
        above.fold(0.0, f64::max)
    }

    /// The query costs no more than this under a set.
    pub(crate) fn ceiling(&self, query: QueryId, set: &Set) -> f64 {
        let below = self.facts[query].iter().filter(|fact| fact.used.within(set)).map(|fact| fact.cost);
        below.fold(self.base(query), f64::min)
    }

    /// What the query costs at least and at most under a set, by plans; none when a plan tells the cost itself.
    pub(crate) fn between(&self, query: QueryId, set: &Set) -> Option<(f64, f64)> {
        let (mut least, mut most) = (0.0_f64, self.base(query));
        let sign = set.sign();
        for fact in &self.facts[query] {
            match (fact.sign & !sign == 0 && fact.used.within(set), set.within(&fact.visible)) {
                (true, true) => return None,
                (true, false) => most = most.min(fact.cost),
                (false, true) => least = least.max(fact.cost),
                (false, false) => {}
            }
        }
        Some((least, most))
    }

    /// The least cost that was seen for a query.
    pub(crate) fn least(&self, query: QueryId) -> f64 {
        self.facts[query].iter().map(|fact| fact.cost).fold(f64::INFINITY, f64::min)
    }

    /// Answers questions. What the engine could not plan, or was not asked for lack of time, stays unanswered.
    pub(crate) async fn ask(
        &mut self,
        space: &Space<'_>,
        questions: &[Question],
        clock: &Clock<'_>,
    ) -> Result<Vec<Option<Fact>>, Failure> {
        let mut open: HashSet<&Question> = HashSet::new();
        for question in questions {
            if self.known(question.0, &question.1).is_some() || !open.insert(question) {
                self.hits += 1;
            }
        }
        let mut order: Vec<_> = open.into_iter().collect();
        // By query and then by set, so that neighbours in a lot change few indexes.
        order.sort_by_cached_key(|(q, set)| (*q, set.iter().collect::<Vec<_>>()));
        for lot in order.chunks(LOT) {
            if clock.over() {
                break;
            }
            self.lot(space, lot).await?;
        }
        Ok(questions.iter().map(|(q, set)| self.known(*q, set).cloned()).collect())
    }

    /// Answers questions whatever the clock says: what the report of the best so far needs.
    pub(crate) async fn finish(
        &mut self,
        space: &Space<'_>,
        questions: &[Question],
    ) -> Result<Vec<Option<Fact>>, Failure> {
        self.ask(space, questions, &Clock::new(None, &Silent)).await
    }

    async fn lot(&mut self, space: &Space<'_>, lot: &[&Question]) -> Result<(), Failure> {
        let asks: Vec<_> = lot.iter().map(|(q, set)| ask(space, *q, set)).collect();
        self.calls += asks.len() as u64;
        for ((query, set), answer) in lot.iter().zip(self.whatif.plan(&asks).await?) {
            match answer {
                Ok(planned) => self.facts[*query].push(fact(space, *query, set, &planned)),
                Err(reason) => self.refused.push((*query, reason)),
            }
        }
        Ok(())
    }
}

fn ask(space: &Space<'_>, query: QueryId, set: &Set) -> Ask {
    let mut with: Vec<_> = set.iter().map(|place| space.at(query, place).id).collect();
    with.sort_unstable();
    Ask { query, with, without: Vec::new() }
}

fn fact(space: &Space<'_>, query: QueryId, visible: &Set, planned: &Planned) -> Fact {
    let places: HashMap<_, _> = visible.iter().map(|place| (space.at(query, place).id, place)).collect();
    let place = |id: &usize| places.get(id).copied();
    let used: Set = planned.used.iter().filter_map(place).collect();
    let leaves = planned.leaves.iter().filter_map(|leaf| Some((leaf, place(leaf.index.as_ref()?)?)));
    let reads = leaves.map(|(leaf, place)| Read { place, cost: leaf.cost, covered: leaf.covered }).collect();
    Fact { visible: space.widened(query, visible), sign: used.sign(), used, cost: planned.cost, reads }
}
