//! The choice: the cheapest set of indexes within a budget, exactly, with the proven gap.
//!
//! Good choices come from greedy and exchange moves, in which indexes that only help together come together. The proof
//! comes from a Lagrangian relaxation, with branch and bound where that leaves a gap. Whenever the search ends, the bound
//! that it has proven by then is reported.

pub mod ampl;
mod best;
mod branch;
mod dual;
mod hash;
mod prepare;
mod primal;
mod problem;
mod room;
mod search;
mod state;

use std::time::{Duration, Instant};

use best::Best;
use prepare::{lean, prepare};

/// What each query costs under each combination of indexes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    /// Indexes.
    pub indexes: Vec<Item>,
    /// Queries.
    pub queries: Vec<Choices>,
}

/// An index that can be chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Item {
    /// Its bytes.
    pub bytes: u64,
    /// What choosing it costs whatever the queries do: its upkeep. Negative for something that saves upkeep.
    pub upkeep: f64,
}

/// What one query costs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choices {
    /// Cost without any index, weight included; infinite when the query needs one.
    pub base: f64,
    /// Cost, weight included, once all indexes of a combination are chosen.
    pub options: Vec<(Vec<u32>, f64)>,
}

/// What limits a choice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// Most bytes in all; none is without limit.
    pub bytes: Option<u64>,
    /// Most indexes.
    pub count: Option<usize>,
    /// Indexes that must be chosen.
    pub forced: Vec<u32>,
    /// Pairs of indexes of which at most one may be chosen.
    pub exclusive: Vec<(u32, u32)>,
    /// Longest time; none runs until the proof is complete.
    pub time: Option<Duration>,
}

/// A choice with its proof.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    /// Chosen indexes, ascending.
    pub chosen: Vec<u32>,
    /// Its cost: queries and upkeep.
    pub cost: f64,
    /// No choice costs less than this.
    pub bound: f64,
}

impl Choice {
    /// How far the cost may lie above the best, as a share of the best; of the cost itself when nothing above 0 is proven.
    /// 0 is proven best, infinite is nothing proven.
    #[must_use]
    pub fn gap(&self) -> f64 {
        if self.cost <= self.bound {
            return 0.0;
        }
        let scale = if self.bound > 0.0 { self.bound } else { self.cost.abs() };
        if self.cost.is_finite() && scale > 0.0 { (self.cost - self.bound) / scale } else { f64::INFINITY }
    }
}

impl Matrix {
    /// Cost of a choice: queries and upkeep. Limits are not looked at.
    #[must_use]
    pub fn cost(&self, chosen: &[u32]) -> f64 {
        self.cost_at_most(chosen, f64::INFINITY)
    }

    /// The same, with at most `most` for each query that has some answer.
    fn cost_at_most(&self, chosen: &[u32], most: f64) -> f64 {
        let mut has = vec![false; self.indexes.len()];
        for &index in chosen {
            has[index as usize] = true;
        }
        let usable = |needs: &[u32]| needs.iter().all(|&index| has.get(index as usize).is_some_and(|&has| has));
        let of = |query: &Choices| {
            let costs = query.options.iter().filter(|(needs, _)| usable(needs)).map(|(_, cost)| *cost);
            costs.fold(if query.base.is_nan() { f64::INFINITY } else { query.base }, f64::min)
        };
        let queries: f64 = self.queries.iter().map(|query| of(query).min(most)).sum();
        queries + chosen.iter().map(|&index| self.indexes[index as usize].upkeep).sum::<f64>()
    }
}

/// Chooses.
#[must_use]
pub fn solve(matrix: &Matrix, limits: &Limits) -> Choice {
    solve_with(matrix, limits, &mut |_| true)
}

/// Chooses, telling each better choice as it is found, and the best so far every 50 ms; ends when the listener wants no
/// more.
pub fn solve_with(matrix: &Matrix, limits: &Limits, tell: &mut dyn FnMut(&Choice) -> bool) -> Choice {
    solve_from(matrix, limits, &[], tell)
}

/// The same, starting from a choice that is probably good, such as that of a slightly different matrix. What of it breaks
/// a limit is left out. What is forced stays whatever the limits; they then hold for the rest.
pub fn solve_from(matrix: &Matrix, limits: &Limits, start: &[u32], tell: &mut dyn FnMut(&Choice) -> bool) -> Choice {
    let began = Instant::now();
    let prepared = prepare(matrix, limits);
    let mut best = Best::new(matrix, limits, began, prepared.hopeless, tell);
    search::search(prepared.problem, start, &mut best);
    best.into_choice(|chosen| lean(matrix, limits, chosen))
}
