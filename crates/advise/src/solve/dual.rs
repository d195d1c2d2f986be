//! The bound: a Lagrangian relaxation, climbed by the volume algorithm (Barahona and Anbil, 2000).
//!
//! Relaxed is that a query pays for what it uses: each slot has a price, the query takes its cheapest option with these
//! prices on top, and the indexes are chosen by what they earn. Prices that no option hinges on are lowered at once,
//! which never lowers the bound and makes it climb much faster. Any prices give a valid bound, so stopping early costs
//! nothing but sharpness.

use super::problem::{Fate, Problem, position};
use super::room::Taken;

/// Share of the magnitudes that went into a bound by which rounding could have raised it.
const ROUNDING: f64 = 1e-12;

/// Prices, and what follows from them.
#[derive(Debug, Clone, Default)]
pub(super) struct Prices {
    /// Price of each slot.
    pub(super) slot: Vec<f64>,
    /// Price of each pair that excludes each other.
    pub(super) pair: Vec<f64>,
}

impl Prices {
    /// No prices at all.
    pub(super) fn none(problem: &Problem) -> Self {
        Self { slot: vec![0.0; problem.index.len()], pair: vec![0.0; problem.pairs.len()] }
    }
}

/// The relaxation at some prices.
#[derive(Debug, Clone, Default)]
pub(super) struct Relaxed {
    /// The bound, already lowered by what rounding could have added.
    pub(super) bound: f64,
    /// Cheapest option of each query at these prices; `u32::MAX` for none.
    pub(super) option: Vec<u32>,
    /// What taking an index changes in the bound: negative when it is worth it.
    pub(super) reduced: Vec<f64>,
    /// The fractional choice.
    pub(super) taken: Taken,
    total: Vec<f64>,
    earn: Vec<f64>,
}

impl Relaxed {
    /// Solves the relaxation, lowering prices that nothing hinges on.
    pub(super) fn at(&mut self, problem: &Problem, prices: &mut Prices) {
        self.option.resize(problem.base.len(), 0);
        self.earn.clone_from(&problem.upkeep);
        let (mut sum, mut size) = (problem.constant, problem.constant.abs());
        for query in 0..problem.base.len() {
            let value = self.query(problem, query, &mut prices.slot);
            sum += value;
            size += value.abs();
        }
        for (&(a, b), &price) in problem.pairs.iter().zip(&prices.pair) {
            self.earn[a as usize] += price;
            self.earn[b as usize] += price;
            sum -= price;
            size += price;
        }
        self.taken.fill(problem, &self.earn);
        self.close(problem, sum, size);
    }

    /// The bound at the prices of the limits.
    fn close(&mut self, problem: &Problem, mut sum: f64, mut size: f64) {
        let (per_byte, each) = (self.taken.per_byte, self.taken.each);
        self.reduced.clear();
        for (index, &earn) in self.earn.iter().enumerate() {
            let reduced = earn + per_byte * problem.bytes[index] as f64 + each;
            self.reduced.push(reduced);
            sum += reduced.min(0.0);
            size += earn.abs();
        }
        if per_byte > 0.0 {
            sum -= per_byte * problem.budget as f64;
            size += per_byte * problem.budget as f64;
        }
        if each > 0.0 {
            sum -= each * problem.count as f64;
            size += each * problem.count as f64;
        }
        self.bound = sum - ROUNDING * size;
    }

    /// Cheapest way of a query at the prices; lowers the prices, then takes them from what the indexes cost.
    fn query(&mut self, problem: &Problem, query: usize, price: &mut [f64]) -> f64 {
        let options = problem.options_of(query);
        self.total.clear();
        let (mut best, mut chosen) = (problem.base[query], u32::MAX);
        for option in options.clone() {
            let total =
                problem.parts.row(option).iter().fold(problem.cost[option], |sum, &slot| sum + price[slot as usize]);
            self.total.push(total);
            if total < best {
                (best, chosen) = (total, position(option));
            }
        }
        self.option[query] = chosen;
        for slot in problem.slots_of(query) {
            if price[slot] > 0.0 {
                self.lower(problem, options.start, slot, best, price);
                self.earn[problem.index[slot] as usize] -= price[slot];
            }
        }
        best
    }

    /// Lowers the price of a slot as far as no option with it becomes cheaper than `best`.
    fn lower(&mut self, problem: &Problem, first: usize, slot: usize, best: f64, price: &mut [f64]) {
        let options = problem.of_slot.row(slot);
        let slack = options.iter().map(|&o| self.total[o as usize - first] - best).fold(price[slot], f64::min);
        if slack > 0.0 {
            price[slot] -= slack;
            for &option in options {
                self.total[option as usize - first] -= slack;
            }
        }
    }

    /// What the bound decides when no choice of cost `best` or more is wanted.
    pub(super) fn decide(&self, best: f64, fates: &mut [Fate]) {
        for (fate, &reduced) in fates.iter_mut().zip(&self.reduced) {
            if *fate == Fate::Free && self.bound + reduced.abs() * (1.0 - 1e-9) >= best {
                *fate = if reduced > 0.0 { Fate::Out } else { Fate::In };
            }
        }
    }
}

/// When to stop climbing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// Most steps.
    pub(super) steps: usize,
    /// Steps without a noticeable gain after which the climb ends.
    pub(super) patience: usize,
}

/// A climb in progress, and where it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Climb {
    /// The best prices.
    pub(super) prices: Prices,
    /// The relaxation at the best prices.
    pub(super) best: Relaxed,
    /// Average share of each index over the last steps: nearly the solution of the linear relaxation.
    pub(super) share: Vec<f64>,
    lack: Vec<f64>,
    pair_lack: Vec<f64>,
    /// What each slot's price is measured in: as far as the cost of its query can move.
    unit: Vec<f64>,
    pair_unit: f64,
    pace: f64,
    steps: usize,
    trial: Prices,
    at: Relaxed,
}

impl Climb {
    /// Starts at some prices.
    pub(super) fn from(problem: &Problem, mut prices: Prices) -> Self {
        let mut best = Relaxed::default();
        best.at(problem, &mut prices);
        let mut climb = Self { prices, best, share: vec![0.0; problem.ids.len()], ..Self::default() };
        climb.lack = vec![0.0; problem.index.len()];
        climb.pair_lack = vec![0.0; problem.pairs.len()];
        climb.at = climb.best.clone();
        for query in 0..problem.base.len() {
            let unit = problem.base[query] - problem.cost[problem.options_of(query).start];
            climb.unit.resize(problem.slots_of(query).end, unit);
        }
        climb.pair_unit = climb.unit.iter().sum::<f64>() / climb.unit.len().max(1) as f64;
        climb.pace = 1.0;
        climb.average(problem, 1.0);
        climb
    }

    /// Climbs towards `target`, the cost of the best choice known; ends early once the bound reaches it, or when `stop`
    /// says so.
    pub(super) fn run(&mut self, problem: &Problem, target: f64, effort: Effort, mut stop: impl FnMut() -> bool) {
        let (mut idle, mut red) = (0, 0);
        let mut mark = self.best.bound;
        for step in 0..effort.steps {
            if self.best.bound >= target || step % 8 == 7 && stop() {
                return;
            }
            if !self.step(problem, target) {
                return;
            }
            self.at.at(problem, &mut self.trial);
            let before = self.best.bound;
            let uphill = self.slope(problem);
            // A long memory climbs further, a short one faster.
            self.steps += 1;
            self.average(problem, (4.0 / (self.steps as f64 + 40.0)).max(0.004));
            if self.at.bound > before {
                std::mem::swap(&mut self.prices, &mut self.trial);
                std::mem::swap(&mut self.best, &mut self.at);
                let faster = if uphill > 0.0 { 1.3 } else { 1.02 };
                self.pace = (self.pace * faster).min(2.0);
                red = 0;
            } else {
                red += 1;
                if red >= 4 {
                    self.pace = (self.pace * 0.66).max(1e-6);
                    red = 0;
                }
            }
            idle += 1;
            if self.best.bound - mark > (target - mark).abs() * 0.005 {
                (mark, idle) = (self.best.bound, 0);
            }
            if idle > effort.patience {
                return;
            }
        }
    }

    /// New trial prices along the averaged lack; whether there is any.
    fn step(&mut self, problem: &Problem, target: f64) -> bool {
        let mut norm: f64 = self.pair_lack.iter().map(|lack| self.pair_unit * lack * lack).sum();
        for (slot, &lack) in self.lack.iter().enumerate() {
            if lack > 0.0 || self.prices.slot[slot] > 0.0 {
                norm += self.unit[slot] * lack * lack;
            }
        }
        if norm <= 1e-30 || self.lack.is_empty() {
            return false;
        }
        let length = self.pace * (target - self.best.bound).max(target.abs() * 1e-9) / norm;
        self.trial.slot.resize(problem.index.len(), 0.0);
        self.trial.pair.resize(problem.pairs.len(), 0.0);
        let far = self.lack.iter().zip(&self.unit).map(|(lack, unit)| length * unit * lack);
        for ((new, old), far) in self.trial.slot.iter_mut().zip(&self.prices.slot).zip(far) {
            *new = (old + far).max(0.0);
        }
        for ((new, old), lack) in self.trial.pair.iter_mut().zip(&self.prices.pair).zip(&self.pair_lack) {
            *new = (old + length * self.pair_unit * lack).max(0.0);
        }
        true
    }

    /// How far the lack at the trial point goes along with the averaged one.
    fn slope(&self, problem: &Problem) -> f64 {
        let taken = |slot: usize| self.at.taken.share[problem.index[slot] as usize];
        let mut sum: f64 = self.lack.iter().enumerate().map(|(slot, lack)| -lack * taken(slot)).sum();
        for &option in self.at.option.iter().filter(|&&option| option != u32::MAX) {
            sum += problem.parts.row(option as usize).iter().map(|&slot| self.lack[slot as usize]).sum::<f64>();
        }
        sum
    }

    /// Mixes the last relaxation into the averages.
    fn average(&mut self, problem: &Problem, weight: f64) {
        let share = &self.at.taken.share;
        for (average, now) in self.share.iter_mut().zip(share) {
            *average += weight * (now - *average);
        }
        for (lack, &index) in self.lack.iter_mut().zip(&problem.index) {
            *lack += weight * (-share[index as usize] - *lack);
        }
        for &option in self.at.option.iter().filter(|&&option| option != u32::MAX) {
            problem.parts.row(option as usize).iter().for_each(|&slot| self.lack[slot as usize] += weight);
        }
        for (lack, &(a, b)) in self.pair_lack.iter_mut().zip(&problem.pairs) {
            *lack += weight * (share[a as usize] + share[b as usize] - 1.0 - *lack);
        }
    }
}
