//! A query with the plans that it can get, the time of each, and what those that were not run yet could take.

use super::bench::TICK;
use crate::port::Shape;
use crate::weights;

/// A plan is cut when it takes so much longer than today's.
pub(super) const CUT: f64 = 1.15;
/// What is left of a query's time at best, when nobody has seen the plan run.
const BEST: f64 = 0.05;
/// A plan that costs at most this share of today's promises something.
const PROMISING: f64 = 0.9;
/// What is left of the trust in a planner whose promises for a query came to nothing.
const DOUBT: f64 = 0.1;

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
    /// Whether it can't be run.
    pub(super) failed: bool,
    /// Whether every run of it was ended before its end.
    pub(super) cut: bool,
    /// Time in ms that it could take at best, until it was run.
    pub(super) guess: f64,
}

/// A query with its plans.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Its position among the queries.
    pub(super) query: usize,
    /// How much one ms of it counts.
    pub(super) weight: f64,
    /// Whether the factor by which its time changes counts, instead of its time.
    pub(super) by_factor: bool,
    /// Time with the indexes that there are.
    pub(super) base: f64,
    /// Its plans, that without any new index first.
    pub(super) atoms: Vec<Atom>,
}

impl Case {
    /// What it counts when it takes so long.
    pub(super) fn counts(&self, ms: f64) -> f64 {
        let today = self.base.max(TICK);
        if self.by_factor { self.weight * today * weights::factor(ms / today) } else { self.weight * ms }
    }

    /// The plan that a set of indexes leads to.
    pub(super) fn under(&self, set: &[bool]) -> &Atom {
        let fits = |atom: &&Atom| !atom.failed && atom.used.iter().all(|at| set[*at]);
        let best = self
            .atoms
            .iter()
            .filter(fits)
            .min_by(|a, b| a.cost.total_cmp(&b.cost).then(b.used.len().cmp(&a.used.len())));
        best.unwrap_or(&self.atoms[0])
    }

    /// Its time with a set of indexes.
    pub(super) fn ms(&self, set: &[bool]) -> f64 {
        self.expected(self.under(set))
    }

    /// The time of a plan; what it could be at best when it was not run yet.
    fn expected(&self, atom: &Atom) -> f64 {
        match atom.ms {
            // It took longer than that, nobody knows how much.
            Some(ms) if atom.cut => ms.max(self.base * CUT),
            Some(ms) => ms,
            None => atom.guess,
        }
    }

    /// Guesses what plans that were not run yet could take at best: what the planner promises, as far as its promises for
    /// this query held so far, or what their indexes save alone.
    pub(super) fn guess(&mut self) {
        let (whole, base) = (self.atoms[0].cost, self.base);
        let trust = self.trust();
        let alone = |at: &usize| {
            let own = self.atoms.iter().filter(|one| one.used == [*at]).filter_map(|one| one.ms);
            own.map(|ms| (base - ms).max(0.0)).fold(0.0, f64::max)
        };
        let best = |atom: &Atom| {
            let promise = if whole > 0.0 { (atom.cost / whole).min(1.0) } else { 1.0 };
            let added = base - atom.used.iter().map(alone).sum::<f64>();
            (base * promise.powf(trust)).min(added).max(base * BEST)
        };
        let guesses: Vec<f64> = self.atoms.iter().map(best).collect();
        for (atom, guess) in self.atoms.iter_mut().zip(guesses) {
            atom.guess = guess;
        }
    }

    /// The power of the planner's promise that the best of the plans that were run came to: 1 when it halved the time as
    /// promised, less when it did not.
    fn trust(&self) -> f64 {
        let (whole, base) = (self.atoms[0].cost, self.base);
        let kept = self.atoms[1..].iter().filter_map(|atom| {
            let promise = (atom.cost / whole).ln();
            (promise < PROMISING.ln()).then_some((atom.ms? / base).ln() / promise)
        });
        let kept: Vec<f64> = kept.filter(|one| one.is_finite()).collect();
        if kept.len() < 2 { 1.0 } else { kept.into_iter().fold(DOUBT, f64::max).min(2.0) }
    }

    /// Keeps a plan; its position.
    pub(super) fn know(&mut self, shape: Shape, with: Vec<usize>) -> usize {
        let known = |atom: &Atom| (atom.hash, &atom.used) == (shape.hash, &shape.used);
        if let Some(at) = self.atoms.iter().position(known) {
            return at;
        }
        let Shape { cost, used, hash } = shape;
        self.atoms.push(Atom { used, cost, hash, with, ms: None, failed: false, cut: false, guess: self.base });
        self.guess();
        self.atoms.len() - 1
    }
}
