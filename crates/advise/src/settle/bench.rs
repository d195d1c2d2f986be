//! What was measured: indexes as built, and the time of each plan that a query can get with them.
//!
//! Which plan an engine picks depends on the indexes it sees; how long a query takes depends on the plan alone. So each
//! plan is run once, and the time under any set of indexes is that of the cheapest plan, by the engine's own estimate,
//! all of whose indexes are in the set.

use std::collections::{HashSet, VecDeque};

use dbwright_core::Failure;
use dbwright_core::progress::Progress;

use crate::index::{Index, ObjectName};
use crate::port::{Built, Digest, Measurer, Query, Run};

/// Most plans that are asked for one query.
const ASKS: usize = 60;
/// Most plans of one query that are run.
const PLANS: usize = 9;
/// Longest run of a query with the indexes that there are, in ms.
const LONGEST: f64 = 120_000.0;
/// A plan is cut when it takes so much longer than today's.
const CUT: f64 = 1.25;
/// Times below this many ms tell nothing apart.
pub(super) const TICK: f64 = 0.5;

/// One plan of a query.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    /// Built indexes that it uses.
    pub(super) used: Vec<usize>,
    /// Cost by the engine's estimate.
    pub(super) cost: f64,
    /// Which plan it is.
    pub(super) hash: u64,
    /// Indexes that were visible when it was found.
    pub(super) with: Vec<usize>,
    /// Time in ms; none until it was run.
    pub(super) ms: Option<f64>,
}

/// A query with its plans.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Its position among the queries.
    pub(super) query: usize,
    /// How much one ms of it counts.
    pub(super) weight: f64,
    /// Time with the indexes that there are.
    pub(super) base: f64,
    /// Its plans, that without any new index first.
    pub(super) atoms: Vec<Atom>,
}

impl Case {
    /// The plan that a set of indexes leads to.
    pub(super) fn under(&self, set: &[bool]) -> &Atom {
        let fits = |atom: &&Atom| atom.ms.is_some() && atom.used.iter().all(|at| set[*at]);
        let best = self
            .atoms
            .iter()
            .filter(fits)
            .min_by(|a, b| a.cost.total_cmp(&b.cost).then(b.used.len().cmp(&a.used.len())));
        best.unwrap_or(&self.atoms[0])
    }

    /// Its time with a set of indexes.
    pub(super) fn ms(&self, set: &[bool]) -> f64 {
        self.under(set).ms.unwrap_or(self.base)
    }
}

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

    /// Runs every query in every plan that the pool can give it. What was not run when the user stops is left out.
    pub(super) async fn explore(&mut self) -> Result<(), Failure> {
        let queries = self.queries.len();
        self.progress.stage("running the workload in the copy", Some(queries as u64));
        let all: Vec<usize> = (0..self.pool.len()).filter(|at| self.pool[*at].built.is_ok()).collect();
        for query in 0..queries {
            self.progress.step(query as u64);
            if self.progress.cancelled() {
                break;
            }
            match self.case(query, &all).await? {
                Ok(case) => self.cases.push(case),
                Err(reason) => self.failed.push((query, reason)),
            }
        }
        Ok(())
    }

    async fn case(&self, query: usize, all: &[usize]) -> Result<Result<Case, String>, Failure> {
        let mut atoms = match self.atoms(query, all).await? {
            Ok(atoms) => atoms,
            Err(reason) => return Ok(Err(reason)),
        };
        let first = self.measurer.run(&[self.run(query, &[], &[])], 1, LONGEST, self.progress).await?;
        let base = match first.into_iter().next() {
            Some(Ok(timing)) => least(&timing.ms).unwrap_or(LONGEST),
            Some(Err(reason)) => return Ok(Err(reason)),
            None => return Ok(Err("it was not run".to_owned())),
        };
        atoms[0].ms = Some(base);
        let runs: Vec<Run> = atoms[1..].iter().map(|atom| self.run(query, &atom.with, &[])).collect();
        let limit = (base * CUT).max(base + 20.0);
        let timings = self.measurer.run(&runs, 1, limit, self.progress).await?;
        for (atom, timing) in atoms[1..].iter_mut().zip(timings) {
            atom.ms = timing.ok().and_then(|timing| least(&timing.ms));
        }
        Ok(Ok(Case { query, weight: 1.0, base, atoms }))
    }

    /// The plans of a query: from all indexes visible, those that a plan uses are hidden one after the other.
    async fn atoms(&self, query: usize, all: &[usize]) -> Result<Result<Vec<Atom>, String>, Failure> {
        let tables: HashSet<&ObjectName> = self.queries[query].usage.tables.iter().map(|table| &table.table).collect();
        let near: Vec<usize> = all.iter().copied().filter(|at| tables.contains(&self.pool[*at].index.table)).collect();
        let mut open: VecDeque<Vec<usize>> = VecDeque::from([Vec::new(), near]);
        let mut seen: HashSet<Vec<usize>> = HashSet::new();
        let mut atoms: Vec<Atom> = Vec::new();
        while let Some(with) = open.pop_front() {
            if seen.len() >= ASKS || !seen.insert(with.clone()) {
                continue;
            }
            let shape = match self.measurer.plans(&[self.run(query, &with, &[])]).await?.into_iter().next() {
                Some(Ok(shape)) => shape,
                Some(Err(reason)) => return Ok(Err(reason)),
                None => return Ok(Err("it has no plan".to_owned())),
            };
            for used in &shape.used {
                open.push_back(with.iter().copied().filter(|at| at != used).collect());
            }
            let known = |atom: &Atom| (atom.hash, &atom.used) == (shape.hash, &shape.used);
            if !atoms.iter().any(known) && atoms.len() < PLANS {
                atoms.push(Atom { used: shape.used, cost: shape.cost, hash: shape.hash, with, ms: None });
            }
        }
        Ok(Ok(atoms))
    }
}

/// The least of some times.
fn least(ms: &[f64]) -> Option<f64> {
    ms.iter().copied().min_by(f64::total_cmp)
}

/// Whether two results are known to differ.
pub(super) fn differ(one: Option<Digest>, other: Option<Digest>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if !one.same(&other))
}
