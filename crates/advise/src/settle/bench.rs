//! What was measured: indexes as built, and the time of each plan that a query can get with them.
//!
//! Which plan an engine picks depends on the indexes it sees; how long a query takes depends on the plan alone. So plans are
//! run, not sets, and the time under any set of indexes is that of the cheapest plan, by the engine's own estimate, all of
//! whose indexes are in the set. Plans of one index are run first; others when a choice rests on them.

use std::collections::{HashSet, VecDeque};

use dbwright_core::Failure;
use dbwright_core::progress::Progress;

use super::case::{Atom, CUT, Case};
use crate::candidates;
use crate::index::{Index, ObjectName};
use crate::port::{Built, Digest, Measurer, Query, Run, Shape, Timing};

/// Most plans that are asked for one query.
const ASKS: usize = 120;
/// Most plans of one query that are run before anything is chosen.
const PLANS: usize = 10;
/// Longest run of a query with the indexes that there are, in ms.
const LONGEST: f64 = 120_000.0;
/// A plan that saves less than this share at first sight is not run a second time, unless the advice rests on it.
const SIGHT: f64 = 0.03;
/// Times below this many ms tell nothing apart.
pub(super) const TICK: f64 = 0.5;

/// An index that was built.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Its definition.
    pub(super) index: Index,
    /// What building it gave, or why it could not be built.
    pub(super) built: Result<Built, String>,
    /// Bytes as they were estimated.
    pub(super) estimated: u64,
    /// Upkeep as it was estimated, and why.
    pub(super) upkeep: (f64, String),
    /// Whether it was advised before anything was measured.
    pub(super) advised: bool,
}

impl Candidate {
    /// One that is to be built.
    pub(super) fn new(index: Index, estimated: u64, upkeep: (f64, String), advised: bool) -> Self {
        Self { index, built: Err("it was not built".to_owned()), estimated, upkeep, advised }
    }

    /// Its bytes in the target.
    pub(super) fn bytes(&self) -> u64 {
        self.built.as_ref().map_or(self.estimated, |built| built.scaled_bytes)
    }
}

/// Everything that stands in the copy.
pub(super) struct Bench<'a> {
    pub(super) measurer: &'a dyn Measurer,
    pub(super) progress: &'a dyn Progress,
    pub(super) queries: &'a [Query],
    pub(super) pool: Vec<Candidate>,
    pub(super) cases: Vec<Case>,
    /// Queries that could not be run, with the reason.
    pub(super) failed: Vec<(usize, String)>,
}

impl Bench<'_> {
    /// A run of a query with some of the built indexes.
    pub(super) fn run(&self, query: usize, with: &[usize], without: &[(ObjectName, String)]) -> Run {
        Run { sql: self.queries[query].sql.clone(), with: with.to_vec(), without: without.to_vec() }
    }

    /// Builds the pool.
    pub(super) async fn build(&mut self) -> Result<(), Failure> {
        let indexes: Vec<Index> = self.pool.iter().map(|one| one.index.clone()).collect();
        let built = self.measurer.build(&indexes, self.progress).await?;
        for (one, built) in self.pool.iter_mut().zip(built) {
            one.built = built;
        }
        Ok(())
    }

    /// Runs every query with the indexes that there are.
    pub(super) async fn bases(&mut self) -> Result<(), Failure> {
        let queries = self.queries.len();
        self.progress.stage("running the workload in the copy", Some(queries as u64));
        for query in 0..queries {
            self.progress.step(query as u64);
            if self.progress.cancelled() {
                break;
            }
            match self.base(query).await? {
                Ok(case) => self.cases.push(case),
                Err(reason) => self.failed.push((query, reason)),
            }
        }
        Ok(())
    }

    async fn base(&self, query: usize) -> Result<Result<Case, String>, Failure> {
        let run = [self.run(query, &[], &[])];
        let shape = match self.measurer.plans(&run).await?.into_iter().next() {
            Some(Ok(shape)) => shape,
            Some(Err(reason)) => return Ok(Err(reason)),
            None => return Ok(Err("it has no plan".to_owned())),
        };
        match self.measurer.run(&run, 1, LONGEST, self.progress).await?.into_iter().next() {
            Some(Ok(timing)) => {
                let base = fastest(&timing).unwrap_or(LONGEST);
                let Shape { cost, used, hash } = shape;
                let atom =
                    Atom { used, cost, hash, with: Vec::new(), ms: Some(base), failed: false, cut: false, guess: base };
                Ok(Ok(Case { query, weight: 1.0, by_factor: false, base, atoms: vec![atom] }))
            }
            Some(Err(reason)) => Ok(Err(reason)),
            None => Ok(Err("it was not run".to_owned())),
        }
    }

    /// Looks which plans the built indexes can give each query, and runs those that tell most.
    pub(super) async fn explore(&mut self) -> Result<(), Failure> {
        let cases = self.cases.len();
        self.progress.stage("running the workload with the built indexes", Some(cases as u64));
        for case in 0..cases {
            self.progress.step(case as u64);
            if self.progress.cancelled() {
                break;
            }
            self.atoms(case).await?;
            let found = self.telling(case);
            self.time(case, &found).await?;
        }
        Ok(())
    }

    /// The plans of a query: with each index alone, and from all visible on, those that a plan uses hidden one by one.
    async fn atoms(&mut self, case: usize) -> Result<(), Failure> {
        let query = self.cases[case].query;
        let usage = &self.queries[query].usage;
        let near =
            |at: &usize| self.pool[*at].built.is_ok() && candidates::relevant(&self.pool[*at].index, usage).is_some();
        let near: Vec<usize> = (0..self.pool.len()).filter(near).collect();
        let mut open: VecDeque<Vec<usize>> = near.iter().map(|at| vec![*at]).collect();
        open.push_back(near);
        let mut seen: HashSet<Vec<usize>> = HashSet::from([Vec::new()]);
        while let Some(with) = open.pop_front() {
            if seen.len() >= ASKS || !seen.insert(with.clone()) {
                continue;
            }
            let Some(Ok(shape)) = self.measurer.plans(&[self.run(query, &with, &[])]).await?.into_iter().next() else {
                continue;
            };
            if with.len() > 1 {
                open.extend(shape.used.iter().map(|used| with.iter().copied().filter(|at| at != used).collect()));
            }
            self.cases[case].know(shape, with);
        }
        Ok(())
    }

    /// The plans that tell most: of each index alone, and the one from all indexes; the cheapest first.
    fn telling(&self, case: usize) -> Vec<usize> {
        let atoms = &self.cases[case].atoms;
        let by_cost = |a: &usize, b: &usize| atoms[*a].cost.total_cmp(&atoms[*b].cost);
        let mut single: Vec<usize> = (1..atoms.len()).filter(|at| atoms[*at].used.len() == 1).collect();
        single.sort_by(by_cost);
        single.truncate(PLANS - 1);
        single.extend((1..atoms.len()).filter(|at| atoms[*at].used.len() > 1).min_by(by_cost));
        single
    }

    /// Runs the plans that a set leads to and that were not run yet. Whether there were any.
    pub(super) async fn try_out(&mut self, set: &[bool]) -> Result<bool, Failure> {
        let with: Vec<usize> = (0..set.len()).filter(|at| set[*at]).collect();
        let mut learnt = false;
        for case in 0..self.cases.len() {
            if self.progress.cancelled() {
                return Ok(false);
            }
            let run = self.run(self.cases[case].query, &with, &[]);
            let Some(Ok(shape)) = self.measurer.plans(&[run]).await?.into_iter().next() else { continue };
            let at = self.cases[case].know(shape, with.clone());
            let atom = &self.cases[case].atoms[at];
            if atom.ms.is_none() && !atom.failed {
                self.time(case, &[at]).await?;
                learnt = true;
            }
        }
        Ok(learnt)
    }

    /// Runs plans of a query: a second time those that could be faster than today's. A plan that the advice rests on gets its
    /// second run in any case, so that one stall of the machine can't withdraw an index.
    async fn time(&mut self, case: usize, atoms: &[usize]) -> Result<(), Failure> {
        let (query, base) = (self.cases[case].query, self.cases[case].base);
        let limit = (base * CUT).max(base + 20.0);
        let mut open = atoms.to_vec();
        for _ in 0..2 {
            let runs: Vec<Run> =
                open.iter().map(|at| self.run(query, &self.cases[case].atoms[*at].with, &[])).collect();
            let timings = self.measurer.run(&runs, 0, limit, self.progress).await?;
            if self.progress.cancelled() {
                break;
            }
            for (at, timing) in open.iter().zip(timings) {
                let atom = &mut self.cases[case].atoms[*at];
                let Some((ms, cut)) = timing.ok().and_then(|timing| Some((fastest(&timing)?, timing.cut))) else {
                    atom.failed = atom.ms.is_none();
                    continue;
                };
                atom.cut = cut && (atom.cut || atom.ms.is_none());
                atom.ms = Some(atom.ms.unwrap_or(f64::INFINITY).min(ms));
            }
            let (pool, found) = (&self.pool, &self.cases[case].atoms);
            open.retain(|at| {
                let advised = found[*at].used.iter().any(|used| pool[*used].advised);
                let promising = found[*at].ms.is_some_and(|ms| ms < base * (1.0 - SIGHT));
                !found[*at].failed && (advised || promising)
            });
        }
        self.cases[case].guess();
        Ok(())
    }
}

/// The least time of a run, the first round counted.
fn fastest(timing: &Timing) -> Option<f64> {
    timing.ms.iter().copied().chain(timing.first).min_by(f64::total_cmp)
}

/// Whether two results are known to differ.
pub(super) fn differ(one: Option<Digest>, other: Option<Digest>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if !one.same(&other))
}
