//! The first look at what candidates are worth to each query, by few plans.
//!
//! With everything visible the planner shows the greatest possible gain. Taking away the largest index that it uses, and
//! all on that table that are about as large, shows the best that smaller ones can do; and so on down to nothing. Each
//! step is one plan, and each plan is an atom: a set of indexes with its cost. The parts of an atom are then asked for,
//! because half of a pair is often worth most of it.

use dbwright_core::Failure;

use super::clock::Clock;
use super::oracle::{Fact, Oracle, Question};
use super::set::Set;
use super::space::Space;
use crate::port::QueryId;

/// Most steps down for one query.
const STEPS: usize = 24;
/// Indexes at least this large, measured by the largest that is used, go with it.
const ABOUT: f64 = 0.97;
/// A gain below this share of a query's cost is none.
pub(crate) const NOTHING: f64 = 1e-4;

/// Most indexes of a query that are asked for alone: further ones matter to sets that gain less.
const ALONE: usize = 12;
/// Most sets of a query that are asked for without one of their indexes.
const WITHOUT: usize = 8;

/// By what a step down decides which index is the most expensive one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Bytes.
    Bytes,
    /// Upkeep.
    Upkeep,
}

/// Walks down from the given sets. Answers with the plans that were seen.
pub(crate) async fn ladder(
    oracle: &mut Oracle<'_>,
    space: &Space<'_>,
    starts: Vec<Question>,
    measure: Measure,
    clock: &Clock<'_>,
) -> Result<(), Failure> {
    let mut open = starts;
    for _ in 0..STEPS {
        if open.is_empty() || clock.over() {
            break;
        }
        let answers = oracle.ask(space, &open, clock).await?;
        let pairs = open.iter().zip(&answers);
        open = pairs.filter_map(|((q, set), answer)| step(oracle, space, *q, set, answer.as_ref()?, measure)).collect();
    }
    Ok(())
}

/// The next question down: none when the last answer was no gain any more.
fn step(
    oracle: &Oracle<'_>,
    space: &Space<'_>,
    query: QueryId,
    set: &Set,
    fact: &Fact,
    measure: Measure,
) -> Option<Question> {
    if !gains(oracle, query, fact.cost) {
        return None;
    }
    let price = |place: usize| price(space, query, place, measure);
    let most = fact.used.iter().max_by(|a, b| price(*a).total_cmp(&price(*b)))?;
    let table = &space.at(query, most).index.table;
    let limit = price(most) * ABOUT;
    let rest: Set = set
        .iter()
        .filter(|place| *place != most && (space.at(query, *place).index.table != *table || price(*place) < limit))
        .collect();
    (!rest.is_empty()).then_some((query, rest))
}

fn price(space: &Space<'_>, query: QueryId, place: usize, measure: Measure) -> f64 {
    let estimate = &space.at(query, place).estimate;
    match measure {
        Measure::Bytes => estimate.bytes as f64,
        Measure::Upkeep => estimate.upkeep,
    }
}

/// Whether a cost is less than the query's cost without candidates by more than nothing.
pub(crate) fn gains(oracle: &Oracle<'_>, query: QueryId, cost: f64) -> bool {
    let base = oracle.base(query);
    base - cost > base * NOTHING
}

/// Asks for the parts of atoms: each of their indexes alone, and the best ones without each of theirs.
pub(crate) async fn parts(
    oracle: &mut Oracle<'_>,
    space: &Space<'_>,
    queries: &[QueryId],
    clock: &Clock<'_>,
) -> Result<(), Failure> {
    let mut questions = Vec::new();
    for &query in queries {
        let sets: Vec<Set> = atoms(oracle, query).into_iter().filter(|set| set.len() > 1).collect();
        questions.extend(parts_of(&sets).into_iter().map(|set| (query, set)));
    }
    oracle.ask(space, &questions, clock).await?;
    Ok(())
}

/// The parts of some atoms, those of the best first, as many as are worth a plan.
fn parts_of(sets: &[Set]) -> Vec<Set> {
    let mut alone: Vec<usize> = Vec::new();
    for place in sets.iter().flat_map(Set::iter) {
        if alone.len() < ALONE && !alone.contains(&place) {
            alone.push(place);
        }
    }
    let one = |place: usize| [place].into_iter().collect::<Set>();
    let mut parts: Vec<Set> = alone.into_iter().map(one).collect();
    let without = sets.iter().flat_map(|set| set.iter().map(move |place| set.without(&one(place))));
    parts.extend(without.take(WITHOUT));
    parts
}

/// Sets that a plan used and that gain: none is part of another that is no better.
pub(crate) fn atoms(oracle: &Oracle<'_>, query: QueryId) -> Vec<Set> {
    let mut found: Vec<&Fact> = Vec::new();
    for fact in oracle.facts(query).iter().filter(|fact| gains(oracle, query, fact.cost)) {
        if !found.iter().any(|f| f.used.within(&fact.used) && f.cost <= fact.cost) {
            found.push(fact);
        }
    }
    found.into_iter().map(|fact| fact.used.clone()).collect()
}
