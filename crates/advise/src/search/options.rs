//! What a query can be offered: sets of candidates with their costs, known from plans or guessed from them.
//!
//! Guesses let one index serve several queries without a plan for each combination: an index that does all that another
//! does may stand in for it, and gains on different tables add up. A guess is never below what plans prove, and the
//! search asks for the truth before it trusts a choice that rests on one.

use std::collections::{HashMap, HashSet};

use super::oracle::{Fact, Oracle};
use super::probe::gains;
use super::serve;
use super::set::Set;
use super::space::Space;
use crate::port::QueryId;

/// Most sets that stand-ins make of one atom.
const MOST: usize = 160;
/// Most guesses of one query, of each kind.
const GUESSES: usize = 100;
/// Most atoms whose gains are added up in pairs.
const PAIRED: usize = 14;
/// Most stand-ins for one index of an atom.
const STAND_INS: usize = 12;

/// A set of candidates and what the query costs with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offer {
    /// The candidates.
    pub(crate) set: Set,
    /// The cost.
    pub(crate) cost: f64,
}

/// The offers of a query, the cheapest first; none is beaten by a part of itself. `trust` is the share of a guessed gain
/// that is believed: with 0 there are no guesses.
pub(crate) fn offers(oracle: &Oracle<'_>, space: &Space<'_>, query: QueryId, trust: f64) -> Vec<Offer> {
    let mut all: HashMap<Set, f64> = HashMap::new();
    let known: Vec<_> = oracle.facts(query).iter().filter(|fact| gains(oracle, query, fact.cost)).collect();
    for fact in &known {
        put(&mut all, fact.used.clone(), fact.cost);
    }
    if trust > 0.0 {
        let pool = space.views[query].all();
        let mut guesses: HashMap<Set, f64> = HashMap::new();
        for fact in &known {
            for (set, cost) in stand_ins(space, query, fact, &pool) {
                put(&mut guesses, set, cost);
            }
        }
        guess(oracle, query, &mut all, guesses.drain(), trust);
        for (set, cost) in pairs(oracle, space, query, &all) {
            put(&mut guesses, set, cost);
        }
        guess(oracle, query, &mut all, guesses.drain(), trust);
    }
    let sure: HashSet<Set> = known.iter().map(|fact| fact.used.clone()).collect();
    let bytes = |set: &Set| set.iter().map(|place| space.bytes(query, place)).sum::<u64>();
    best(all, &sure, oracle.base(query), &bytes)
}

fn put(all: &mut HashMap<Set, f64>, set: Set, cost: f64) {
    let entry = all.entry(set).or_insert(cost);
    *entry = entry.min(cost);
}

/// Takes guesses, each set once, unless plans tell the cost already, and never below what they prove.
fn guess(
    oracle: &Oracle<'_>,
    query: QueryId,
    all: &mut HashMap<Set, f64>,
    guesses: impl Iterator<Item = (Set, f64)>,
    trust: f64,
) {
    for (set, cost) in guesses {
        let Some((least, sure)) = oracle.between(query, &set) else { continue };
        let cost = (sure - (sure - cost).max(0.0) * trust).max(least);
        if gains(oracle, query, cost) {
            put(all, set, cost);
        }
    }
}

/// An atom with one of its indexes, or two, exchanged for others that do the same.
fn stand_ins(space: &Space<'_>, query: QueryId, fact: &Fact, pool: &Set) -> Vec<(Set, f64)> {
    let mut found = vec![(fact.used.clone(), fact.cost)];
    for place in fact.used.iter() {
        let others = others(space, query, place, pool);
        for (set, cost) in found.clone() {
            for &other in &others {
                if found.len() >= MOST {
                    break;
                }
                found.push((set.exchanged(place, other), cost + dearer(space, query, fact, place, other)));
            }
        }
    }
    found.split_off(1)
}

/// Places of indexes of the pool that may stand in for one.
fn others(space: &Space<'_>, query: QueryId, place: usize, pool: &Set) -> Vec<usize> {
    let view = &space.views[query];
    let own = (&space.at(query, place).index, &view.services[place]);
    let fits = |other: &usize| {
        *other != place && serve::stands_in(own, (&space.at(query, *other).index, &view.services[*other]))
    };
    let mut found: Vec<_> = pool.iter().filter(fits).collect();
    found.sort_by_key(|other| space.bytes(query, *other));
    found.truncate(STAND_INS);
    found
}

/// What reading another index in the place of one costs more: reading from the index alone grows with its bytes.
fn dearer(space: &Space<'_>, query: QueryId, fact: &Fact, place: usize, other: usize) -> f64 {
    let read = fact.reads.iter().filter(|read| read.place == place && read.covered).map(|read| read.cost).sum::<f64>();
    let (own, theirs) = (space.bytes(query, place) as f64, space.bytes(query, other) as f64);
    if own > 0.0 { read * (theirs / own - 1.0) } else { 0.0 }
}

/// Pairs of atoms on different tables, as if their gains added up.
fn pairs(oracle: &Oracle<'_>, space: &Space<'_>, query: QueryId, all: &HashMap<Set, f64>) -> Vec<(Set, f64)> {
    let base = oracle.base(query);
    let mut atoms: Vec<_> = all.iter().collect();
    atoms.sort_by(|a, b| a.1.total_cmp(b.1).then_with(|| a.0.cmp(b.0)));
    atoms.truncate(PAIRED * 4);
    let tables = |set: &Set| set.iter().map(|place| &space.at(query, place).index.table).collect::<Vec<_>>();
    let mut chosen: Vec<(&Set, f64, Vec<_>)> = Vec::new();
    for (set, cost) in atoms {
        if chosen.len() < PAIRED && set.len() <= 2 {
            chosen.push((set, *cost, tables(set)));
        }
    }
    let mut found = Vec::new();
    for (i, (one, cost, here)) in chosen.iter().enumerate() {
        for (two, more, there) in &chosen[..i] {
            if !here.iter().any(|table| there.contains(table)) {
                found.push((one.union(two), cost + more - base));
            }
        }
    }
    found
}

/// Without what a part of itself beats, the cheapest first. What plans told stays; of the guesses those that gain most, and
/// those that gain most for their bytes.
fn best(all: HashMap<Set, f64>, sure: &HashSet<Set>, base: f64, bytes: &dyn Fn(&Set) -> u64) -> Vec<Offer> {
    let mut sorted: Vec<_> = all.into_iter().map(|(set, cost)| Offer { set, cost }).collect();
    // Down to the set itself: a map has no order, and the same question is to have the same answer each time.
    let by = |a: &Offer, b: &Offer| a.cost.total_cmp(&b.cost).then(a.set.len().cmp(&b.set.len()));
    sorted.sort_by(|a, b| by(a, b).then_with(|| a.set.cmp(&b.set)));
    let mut kept: Vec<Offer> = Vec::new();
    let mut signs: Vec<u64> = Vec::new();
    for offer in sorted {
        let sign = offer.set.sign();
        if !signs.iter().zip(&kept).any(|(one, kept)| one & !sign == 0 && kept.set.within(&offer.set)) {
            signs.push(sign);
            kept.push(offer);
        }
    }
    let (mut offers, guesses): (Vec<_>, Vec<_>) = kept.into_iter().partition(|offer| sure.contains(&offer.set));
    let density = |offer: &Offer| (base - offer.cost) / bytes(&offer.set).max(1) as f64;
    let mut dense: Vec<_> = guesses.iter().map(|offer| (density(offer), offer)).collect();
    dense.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let chosen: HashSet<&Set> = dense.into_iter().take(GUESSES).map(|(_, offer)| &offer.set).collect();
    let picked = guesses.iter().enumerate().filter(|(at, offer)| *at < GUESSES || chosen.contains(&offer.set));
    offers.extend(picked.map(|(_, offer)| offer.clone()));
    offers
}
