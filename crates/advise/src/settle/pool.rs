//! Which indexes are built: the advised ones, and those that could turn out to serve better when they are measured.
//!
//! What an index is worth is guessed from the planner's promise for each query and the time that the query really takes.
//! Half of it is the promise, by its root, because plans that promise little often save much once the rows are in memory;
//! the other half is whether the planner takes the index at all, for a table that makes up much of what the query reads.
//! Each further index for the same query and table counts half of the one before, so that every query gets its chance.

use std::collections::HashMap;

use dbwright_core::Failure;

use super::bench::Candidate;
use super::case::Case;
use crate::candidates;
use crate::index::{Index, ObjectName};
use crate::port::{Ask, Estimate, IndexId, Query, WhatIf};
use crate::run::{Advised, Options};

/// Most indexes that are built.
const POOL: usize = 64;
/// Indexes are built until their estimates reach so many budgets.
const BUDGETS: u64 = 4;
/// Bytes that are built beside the advised indexes without a budget.
const UNLIMITED: u64 = 4 << 30;
/// Sizes are estimates: an index that exceeds the budget by less may still fit.
const NEARLY: f64 = 1.15;
/// Queries for which candidates are looked at, those that take longest first.
const QUERIES: usize = 100;
/// Most candidates that a query's planner is shown at once.
const SHOWN: usize = 64;
/// What the planner must promise at least, as a share of the query's cost: less is rounding.
const PROMISE: f64 = 0.002;
/// What a candidate must be worth at least, as a share of the workload's time, halved for each one that serves the same.
const WORTH: f64 = 0.001;
/// What is left of an index's part when rows must be fetched from the table.
const FETCHES: f64 = 0.4;
/// An index costs at least as much room as one with this share of the budget: else tiny ones would crowd out the others.
const LEAST: f64 = 0.02;
/// The same without a budget.
const LEAST_BYTES: f64 = 64e6;
/// The power of the bytes that an index must be worth.
const BYTES: f64 = 0.75;

/// An index that could be built.
struct Offer {
    index: Index,
    estimate: Estimate,
    id: IndexId,
    /// Guessed ms that it saves each query, weighted; by position in the cases.
    worth: Vec<(usize, f64)>,
}

/// The indexes to build, those of the advice first and in its order.
pub(super) async fn choose(
    advised: &Advised,
    slim: Vec<(Index, Estimate)>,
    queries: &[Query],
    cases: &[Case],
    what_if: &dyn WhatIf,
    options: &Options,
) -> Result<Vec<Candidate>, Failure> {
    let mut pool = of_advice(advised);
    let mut offers = offers(advised, slim, what_if.existing().len());
    let too_large =
        |offer: &Offer| options.bytes.is_some_and(|most| offer.estimate.bytes as f64 > most as f64 * NEARLY);
    offers.retain(|offer| !too_large(offer) && !advised.indexes.contains(&offer.index));
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by(|a, b| time(&cases[*b]).total_cmp(&time(&cases[*a])));
    order.truncate(QUERIES);
    alone(&mut offers, queries, cases, &order, what_if).await?;
    together(&mut offers, queries, cases, &order, what_if).await?;
    let room = options.bytes.map_or(UNLIMITED, |bytes| bytes.saturating_mul(BUDGETS));
    let least = options.bytes.map_or(LEAST_BYTES, |bytes| bytes as f64 * LEAST);
    let whole: f64 = cases.iter().map(time).sum();
    fill(&mut pool, offers, room, &Fill { least, worth: whole * WORTH });
    Ok(pool)
}

fn time(case: &Case) -> f64 {
    case.weight * case.base
}

fn of_advice(advised: &Advised) -> Vec<Candidate> {
    let chosen = advised.indexes.iter().zip(&advised.advice.create);
    let candidate = |(index, create): (&Index, &crate::advice::Create)| {
        Candidate::new(index.clone(), create.bytes, (create.write_cost, create.write_reason.clone()), true)
    };
    chosen.map(candidate).collect()
}

fn offers(advised: &Advised, slim: Vec<(Index, Estimate)>, first: IndexId) -> Vec<Offer> {
    let ids: HashMap<&Index, IndexId> = advised.defined.iter().enumerate().map(|(at, one)| (one, first + at)).collect();
    let mut offers: Vec<Offer> = Vec::new();
    for (index, estimate) in advised.runners_up.iter().cloned().chain(slim) {
        let Some(id) = ids.get(&index).copied() else { continue };
        if !offers.iter().any(|offer| offer.id == id) {
            offers.push(Offer { index, estimate, id, worth: Vec::new() });
        }
    }
    offers
}

/// What each index is worth to each query without any other.
async fn alone(
    offers: &mut [Offer],
    queries: &[Query],
    cases: &[Case],
    order: &[usize],
    what_if: &dyn WhatIf,
) -> Result<(), Failure> {
    let mut asks = Vec::new();
    let mut owners = Vec::new();
    for (at, offer) in offers.iter().enumerate() {
        for case in order {
            let query = cases[*case].query;
            if candidates::relevant(&offer.index, &queries[query].usage).is_some() {
                asks.push(Ask { query, with: vec![offer.id], without: Vec::new() });
                owners.push((at, *case));
            }
        }
    }
    let plans = what_if.plan(&asks).await?;
    for ((at, case), plan) in owners.into_iter().zip(plans) {
        let Ok(plan) = plan else { continue };
        let offer = &mut offers[at];
        let saved = 1.0 - plan.cost / queries[cases[case].query].cost.max(f64::MIN_POSITIVE);
        if plan.used.contains(&offer.id) && saved > PROMISE {
            let bulk = bulk(&offer.index, &queries[cases[case].query]);
            offer.worth.push((case, time(&cases[case]) * f64::midpoint(saved.sqrt(), bulk)));
        }
    }
    Ok(())
}

/// How much of what a query reads the index could spare it: its table's share of the rows, less when rows of the table
/// must be fetched all the same.
fn bulk(index: &Index, query: &Query) -> f64 {
    let all: f64 = query.usage.tables.iter().map(|table| table.rows.max(1.0)).sum();
    let own: f64 = query.usage.tables.iter().filter(|table| table.table == index.table).map(|table| table.rows).sum();
    let whole = candidates::relevant(index, &query.usage).is_some_and(|one| one.parts.iter().any(|part| part.covered));
    let fetches = if whole || index.predicate.is_some() { 1.0 } else { FETCHES };
    fetches * own / all.max(1.0)
}

/// What the indexes are worth that a query's planner picks when it may have all: some gain only together.
async fn together(
    offers: &mut [Offer],
    queries: &[Query],
    cases: &[Case],
    order: &[usize],
    what_if: &dyn WhatIf,
) -> Result<(), Failure> {
    let mut asks = Vec::new();
    for case in order {
        let query = cases[*case].query;
        let near = offers.iter().filter(|offer| candidates::relevant(&offer.index, &queries[query].usage).is_some());
        let mut near: Vec<&Offer> = near.collect();
        near.sort_by(|a, b| total(b).total_cmp(&total(a)));
        let mut with: Vec<IndexId> = near.iter().take(SHOWN).map(|offer| offer.id).collect();
        with.sort_unstable();
        asks.push(Ask { query, with, without: Vec::new() });
    }
    let plans = what_if.plan(&asks).await?;
    for (case, plan) in order.iter().zip(plans) {
        let Ok(plan) = plan else { continue };
        let saved = 1.0 - plan.cost / queries[cases[*case].query].cost.max(f64::MIN_POSITIVE);
        let users: Vec<usize> = (0..offers.len()).filter(|at| plan.used.contains(&offers[*at].id)).collect();
        if saved <= PROMISE || users.is_empty() {
            continue;
        }
        let each = time(&cases[*case]) * (saved / users.len() as f64).sqrt();
        for at in users {
            match offers[at].worth.iter_mut().find(|(known, _)| known == case) {
                Some((_, worth)) => *worth = worth.max(each),
                None => offers[at].worth.push((*case, each)),
            }
        }
    }
    Ok(())
}

fn total(offer: &Offer) -> f64 {
    offer.worth.iter().map(|(_, worth)| worth).sum()
}

/// What an index must bring.
struct Fill {
    least: f64,
    worth: f64,
}

/// Takes the index that brings most for its bytes, again and again.
fn fill(pool: &mut Vec<Candidate>, mut offers: Vec<Offer>, room: u64, fill: &Fill) {
    let mut bytes: u64 = pool.iter().map(|one| one.estimated).sum();
    let mut served: HashMap<(usize, ObjectName), i32> = HashMap::new();
    while pool.len() < POOL {
        let worth = |offer: &Offer| -> f64 {
            let part = |(case, worth): &(usize, f64)| {
                worth * 0.5_f64.powi(served.get(&(*case, offer.index.table.clone())).copied().unwrap_or(0))
            };
            offer.worth.iter().map(part).sum()
        };
        let fits = |offer: &Offer| bytes.saturating_add(offer.estimate.bytes) <= room;
        let scored = offers.iter().enumerate().filter(|(_, offer)| fits(offer)).map(|(at, offer)| (at, worth(offer)));
        let scored = scored.filter(|(_, worth)| *worth > fill.worth);
        // Less than in proportion to the bytes: there is room for several budgets, and a large index must have its chance.
        let dear = |at: usize| (offers[at].estimate.bytes as f64).max(fill.least).powf(BYTES);
        let Some((at, _)) = scored.max_by(|a, b| (a.1 / dear(a.0)).total_cmp(&(b.1 / dear(b.0)))) else { break };
        let offer = offers.remove(at);
        bytes += offer.estimate.bytes;
        for (case, _) in &offer.worth {
            *served.entry((*case, offer.index.table.clone())).or_default() += 1;
        }
        let Offer { index, estimate, .. } = offer;
        pool.push(Candidate::new(index, estimate.bytes, (estimate.upkeep, estimate.reason), false));
    }
}
