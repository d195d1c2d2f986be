//! The choice: the cheapest set of indexes within a budget, exactly, with the proven gap.

use std::time::Duration;

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
    /// By how much of itself the cost may exceed the best: 0 is proven best.
    #[must_use]
    pub fn gap(&self) -> f64 {
        if self.cost > 0.0 { ((self.cost - self.bound) / self.cost).max(0.0) } else { 0.0 }
    }
}
