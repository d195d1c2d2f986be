//! The whole way from a workload to an advice.

mod assemble;
mod gains;
mod notes;
pub(crate) mod text;
mod upkeep;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_core::report::ReportTarget;
use dbwright_core::workload::Workload;

use crate::candidates;
use crate::drops::{self, Look};
use crate::port::{Prepared, Query, WhatIf};
use crate::search::{Clock, Oracle, Outcome, Search, Shelf, Space};
use crate::solve::Limits;
use crate::weights::Weights;

/// What the user asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Most bytes of new indexes.
    pub bytes: Option<u64>,
    /// Most new indexes.
    pub count: Option<usize>,
    /// Longest time of the search; the best found so far is reported.
    pub time: Option<Duration>,
    /// Existing indexes (`schema.name` or `name`) that must stay.
    pub keep: Vec<String>,
    /// Whether existing indexes may be proposed for dropping at all.
    pub drops: bool,
    /// What makes a statement weigh.
    pub weighting: Weighting,
}

/// How the costs of statements add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Weighting {
    /// Cost of a call times calls.
    #[default]
    Calls,
    /// Each statement's cost in shares of its cost today, so that small ones count as much as large ones.
    Share,
    /// The factor by which each statement's cost changes: to halve any one is worth the same, and their mean is geometric.
    Factor,
}

/// What the advice is for, as it is reported.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The target.
    pub target: ReportTarget,
    /// The workload.
    pub workload: Workload,
}

/// An advice, with what a measurement needs to go on from it.
#[derive(Debug, Clone)]
pub struct Advised {
    /// The report.
    pub advice: crate::Advice,
    /// Definitions of `advice.create`, in its order.
    pub indexes: Vec<crate::Index>,
    /// Candidates that were nearly chosen, the best first: a measurement may prefer them.
    pub runners_up: Vec<(crate::Index, crate::port::Estimate)>,
    /// The queries that were planned, in the order of their ids.
    pub queries: Vec<crate::Query>,
    /// Every index that was defined, in order: with the existing ones before them, their positions are their ids.
    pub defined: Vec<crate::Index>,
    /// The workload, whose statements the queries stand for.
    pub workload: Workload,
}

/// Looks for the best set of indexes.
///
/// # Errors
/// When the place where plans are made fails as a whole; a statement that can't be planned is listed in the advice.
pub async fn advise(
    whatif: &dyn WhatIf,
    subject: Subject,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Advised, Failure> {
    let started = Instant::now();
    let clock = Clock::new(options.time, progress);
    progress.stage("planning statements", Some(subject.workload.statements.len() as u64));
    let prepared = whatif.prepare(&subject.workload.statements, progress).await?;
    let (queries, skipped) = sort(prepared);
    whatif.admit(&queries).await?;
    let mut space = space(whatif, &queries, &subject.workload).await?;
    upkeep::fit(whatif.counted_s(), &subject.workload, &mut space);
    let search = Search {
        whatif,
        oracle: Oracle::new(whatif, &space),
        space,
        weights: Weights::new(&subject.workload, &queries, options.weighting),
        limits: limits(options),
        trust: vec![1.0; queries.len()],
        shelf: Shelf::default(),
        clock: &clock,
    };
    let (search, outcome) = search.run().await?;
    let dropped =
        if clock.over() { drops::Dropped::default() } else { drops(&search, &outcome, &subject, options).await? };
    let found = assemble::Found { subject, options, skipped, search, outcome, dropped };
    let mut advised = found.advised().await?;
    advised.advice.seconds = started.elapsed().as_secs_f64();
    Ok(advised)
}

/// What need not be once the choice is there.
async fn drops(
    search: &Search<'_>,
    outcome: &Outcome,
    subject: &Subject,
    options: &Options,
) -> Result<drops::Dropped, Failure> {
    let candidates = outcome.chosen.iter().map(|c| &search.space.candidates[*c as usize]);
    let chosen: Vec<_> = candidates.map(|candidate| (candidate.id, &candidate.index)).collect();
    let look = Look {
        whatif: search.whatif,
        queries: search.space.queries,
        weights: &search.weights,
        upkeep: search.weights.upkeep * upkeep::share(search.whatif.counted_s(), &subject.workload),
        chosen: &chosen,
        window_s: subject.workload.window_s,
        options,
    };
    drops::look(&look).await
}

/// Queries, and the statements that are left out with the reason.
fn sort(prepared: Vec<Prepared>) -> (Vec<Query>, Vec<(usize, String)>) {
    let (mut queries, mut skipped) = (Vec::new(), Vec::new());
    for (statement, entry) in prepared.into_iter().enumerate() {
        match entry {
            Ok(some) => queries.extend(some),
            Err(skip) => skipped.push((statement, skip.reason)),
        }
    }
    (queries, skipped)
}

/// Each query with its own candidates.
async fn space<'a>(whatif: &dyn WhatIf, queries: &'a [Query], workload: &Workload) -> Result<Space<'a>, Failure> {
    let mut space = Space::new(whatif, queries);
    let mut all = Vec::new();
    let mut owners = Vec::new();
    for (q, query) in queries.iter().enumerate() {
        let own = candidates::plain(query).into_iter().chain(whatif.propose(query));
        for index in own {
            all.push(index);
            owners.push(q);
        }
    }
    let own = all.len();
    all.extend(candidates::partial(&recurring(queries, workload)));
    let mut defined = space.define(whatif, all).await?;
    for candidate in defined.split_off(own).into_iter().flatten() {
        for query in 0..queries.len() {
            space.show(query, candidate);
        }
    }
    for (query, candidate) in owners.into_iter().zip(defined) {
        if let Some(candidate) = candidate {
            space.show(query, candidate);
        }
    }
    Ok(space)
}

/// Queries with the constants that are known never to change: only a statement that was seen with several parameters shows
/// which those are. What was filled in for a placeholder is nobody's constant: no index may hang on it. A test for null is
/// part of any statement.
fn recurring(queries: &[Query], workload: &Workload) -> Vec<Query> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for query in queries {
        *counts.entry(query.statement).or_default() += 1;
    }
    let open = |query: &&Query| counts[&query.statement] > 1 || candidates::tests_null(query);
    let mut found: Vec<Query> = queries.iter().filter(open).cloned().collect();
    for query in &mut found {
        let statement = &workload.statements[query.statement];
        let once = counts[&query.statement] == 1;
        if !once && !statement.samples.is_empty() {
            continue; // what was filled in was seen
        }
        let conditions = query.usage.tables.iter_mut().flat_map(|table| &mut table.conditions);
        for constant in conditions.filter_map(|condition| condition.constant.as_mut()) {
            if once || !text::says(&statement.text, constant) {
                "$1".clone_into(constant);
            }
        }
    }
    found
}

fn limits(options: &Options) -> Limits {
    Limits { bytes: options.bytes, count: options.count, ..Limits::default() }
}
