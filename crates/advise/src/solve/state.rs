//! A choice in the making: what each query costs under it, kept as indexes come and go.

use super::problem::{Problem, Rows, position};

/// A choice on a problem.
#[derive(Debug, Clone)]
pub(super) struct State<'a> {
    pub(super) problem: &'a Problem,
    needing: &'a Rows,
    /// Whether each index is chosen.
    pub(super) chosen: Vec<bool>,
    /// Indexes that each option still lacks.
    lacking: Vec<u32>,
    /// Option that each query uses; `u32::MAX` for none.
    using: Vec<u32>,
    /// Chosen partners of each index in a pair.
    against: Vec<u32>,
    /// Cost of all.
    pub(super) cost: f64,
    /// Bytes of all.
    pub(super) bytes: u128,
    /// Number of all.
    pub(super) count: usize,
}

impl<'a> State<'a> {
    /// Nothing chosen. `needing` holds the options of each index.
    pub(super) fn empty(problem: &'a Problem, needing: &'a Rows) -> Self {
        let lacking = (0..problem.cost.len()).map(|o| position(problem.parts.row(o).len())).collect();
        Self {
            problem,
            needing,
            chosen: vec![false; problem.ids.len()],
            lacking,
            using: vec![u32::MAX; problem.base.len()],
            against: vec![0; problem.ids.len()],
            cost: problem.constant + problem.base.iter().sum::<f64>(),
            bytes: 0,
            count: 0,
        }
    }

    fn of_query(&self, query: usize) -> f64 {
        match self.using[query] {
            u32::MAX => self.problem.base[query],
            option => self.problem.cost[option as usize],
        }
    }

    /// Whether an index may come beside what is chosen.
    pub(super) fn fits(&self, index: u32) -> bool {
        let bytes = self.bytes + u128::from(self.problem.bytes[index as usize]);
        bytes <= self.problem.budget && self.count < self.problem.count && self.against[index as usize] == 0
    }

    /// Whether all limits are kept but those of pairs.
    pub(super) fn within(&self) -> bool {
        self.bytes <= self.problem.budget && self.count <= self.problem.count
    }

    /// Whether a chosen index excludes this one.
    pub(super) fn excluded(&self, index: u32) -> bool {
        self.against[index as usize] > 0
    }

    /// What the cost would lose by an index.
    pub(super) fn gain(&self, index: u32) -> f64 {
        let (mut gain, mut query, mut best) = (-self.problem.upkeep[index as usize], usize::MAX, 0.0);
        for &option in self.needing.row(index as usize) {
            if self.lacking[option as usize] != 1 {
                continue;
            }
            let of = self.problem.query[option as usize] as usize;
            if of != query {
                (query, best) = (of, self.of_query(of));
            }
            let cost = self.problem.cost[option as usize];
            if cost < best {
                gain += best - cost;
                best = cost;
            }
        }
        gain
    }

    /// What the cost would grow by without a chosen index.
    pub(super) fn loss(&self, index: u32) -> f64 {
        let (mut loss, mut last) = (-self.problem.upkeep[index as usize], u32::MAX);
        for &option in self.needing.row(index as usize) {
            let query = self.problem.query[option as usize];
            if self.using[query as usize] != option || query == last {
                continue;
            }
            last = query;
            loss += self.next_best(query as usize, index) - self.problem.cost[option as usize];
        }
        loss
    }

    fn next_best(&self, query: usize, without: u32) -> f64 {
        self.next_option(query, without).map_or(self.problem.base[query], |o| self.problem.cost[o])
    }

    fn next_option(&self, query: usize, without: u32) -> Option<usize> {
        let mut options = self.problem.options_of(query);
        options.find(|&o| self.lacking[o] == 0 && self.problem.needs(o).all(|i| i != without))
    }

    /// Chooses an index, whatever the limits.
    pub(super) fn add(&mut self, index: u32) {
        let needing = self.needing;
        self.chosen[index as usize] = true;
        self.bytes += u128::from(self.problem.bytes[index as usize]);
        self.count += 1;
        self.cost += self.problem.upkeep[index as usize];
        self.partners(index, 1);
        for &option in needing.row(index as usize) {
            self.lacking[option as usize] -= 1;
            let query = self.problem.query[option as usize] as usize;
            let (now, cost) = (self.of_query(query), self.problem.cost[option as usize]);
            if self.lacking[option as usize] == 0 && cost < now {
                self.cost += cost - now;
                self.using[query] = option;
            }
        }
    }

    /// Takes a chosen index out.
    pub(super) fn remove(&mut self, index: u32) {
        let needing = self.needing;
        self.chosen[index as usize] = false;
        self.bytes -= u128::from(self.problem.bytes[index as usize]);
        self.count -= 1;
        self.cost -= self.problem.upkeep[index as usize];
        self.partners(index, u32::MAX);
        for &option in needing.row(index as usize) {
            self.lacking[option as usize] += 1;
        }
        for &option in needing.row(index as usize) {
            let query = self.problem.query[option as usize] as usize;
            if self.using[query] == option {
                let before = self.of_query(query);
                self.using[query] = self.next_option(query, index).map_or(u32::MAX, position);
                self.cost += self.of_query(query) - before;
            }
        }
    }

    fn partners(&mut self, index: u32, change: u32) {
        for &pair in self.problem.of_pair.row(index as usize) {
            let (a, b) = self.problem.pairs[pair as usize];
            let other = if a == index { b } else { a };
            self.against[other as usize] = self.against[other as usize].wrapping_add(change);
        }
    }

    /// Makes the choice another one, changing only what differs.
    pub(super) fn become_like(&mut self, other: &[bool]) {
        for (index, &wanted) in (0..).zip(other) {
            if self.chosen[index as usize] && !wanted {
                self.remove(index);
            }
        }
        for (index, &wanted) in (0..).zip(other) {
            if wanted && !self.chosen[index as usize] {
                self.add(index);
            }
        }
    }

    /// What is chosen.
    pub(super) fn list(&self) -> Vec<u32> {
        (0..).zip(&self.chosen).filter(|(_, chosen)| **chosen).map(|(index, _)| index).collect()
    }
}
