//! The half of the relaxation that keeps the limits: which indexes to take, in fractions, at given gains.
//!
//! With prices `per_byte` and `each` on what is limited, an index is worth taking when its reduced cost is negative.
//! The prices are those of the linear relaxation; any prices give a valid bound.

use super::problem::Problem;

/// A fractional choice with its prices.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    /// How much of each index is taken.
    pub(super) share: Vec<f64>,
    /// Indexes with a share above 0.
    pub(super) some: Vec<u32>,
    /// Price of a byte.
    pub(super) per_byte: f64,
    /// Price of an index.
    pub(super) each: f64,
    order: Vec<(f64, u32)>,
}

impl Taken {
    /// Takes what is worth it at costs `cost` (negative: a gain). The value is the sum over the shares; computing the
    /// bound is the caller's part.
    pub(super) fn fill(&mut self, problem: &Problem, cost: &[f64]) {
        self.share.resize(cost.len(), 0.0);
        for &index in &self.some {
            self.share[index as usize] = 0.0;
        }
        self.some.clear();
        (self.per_byte, self.each) = (0.0, 0.0);
        let gains = (0..).zip(cost).filter(|(_, cost)| **cost < 0.0);
        self.some.extend(gains.map(|(index, _)| index));
        let bytes: f64 = self.some.iter().map(|&i| problem.bytes[i as usize] as f64).sum();
        let (too_large, too_many) = (bytes > problem.budget as f64, self.some.len() > problem.count);
        if too_large && !(too_many && self.fewest_fit(problem, cost)) {
            self.by_bytes(problem, cost);
            if self.some.len() > problem.count.saturating_add(1) {
                self.by_both(problem, cost);
            }
        } else if too_many && !too_large {
            self.by_count(problem, cost, 0.0);
        }
        let whole = |share: f64| if share == 0.0 { 1.0 } else { share };
        for &index in &self.some {
            self.share[index as usize] = whole(self.share[index as usize]);
        }
    }

    /// Takes by count alone when that keeps the bytes too.
    fn fewest_fit(&mut self, problem: &Problem, cost: &[f64]) -> bool {
        let all = self.some.clone();
        self.by_count(problem, cost, 0.0);
        let bytes: f64 = self.some.iter().map(|&i| problem.bytes[i as usize] as f64).sum();
        let fits = bytes <= problem.budget as f64;
        if !fits {
            self.some = all;
            self.each = 0.0;
        }
        fits
    }

    /// The best by cost for each byte; the last one in part.
    fn by_bytes(&mut self, problem: &Problem, cost: &[f64]) {
        let density = |i: u32| match problem.bytes[i as usize] {
            0 => f64::NEG_INFINITY,
            bytes => cost[i as usize] / bytes as f64,
        };
        self.order.clear();
        self.order.extend(self.some.iter().map(|&i| (density(i), i)));
        self.order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.some.clear();
        let mut left = problem.budget as f64;
        for &(density, index) in &self.order {
            let bytes = problem.bytes[index as usize] as f64;
            if bytes > left {
                self.per_byte = -density;
                if left > 0.0 {
                    self.some.push(index);
                    self.share[index as usize] = left / bytes;
                }
                return;
            }
            left -= bytes;
            self.some.push(index);
        }
    }

    /// The `count` best at a price for bytes.
    fn by_count(&mut self, problem: &Problem, cost: &[f64], per_byte: f64) {
        let priced = |i: u32| cost[i as usize] + per_byte * problem.bytes[i as usize] as f64;
        self.order.clear();
        self.order.extend(self.some.iter().map(|&i| (priced(i), i)).filter(|(cost, _)| *cost < 0.0));
        self.each = 0.0;
        if self.order.len() > problem.count {
            let (_, next, _) =
                self.order.select_nth_unstable_by(problem.count, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            self.each = -next.0;
            self.order.truncate(problem.count);
        }
        self.some.clear();
        self.some.extend(self.order.iter().map(|&(_, index)| index));
    }

    /// Both limits bind: the price of a byte at which the best by count just fill the bytes, and a mix of the two choices
    /// on either side of it.
    fn by_both(&mut self, problem: &Problem, cost: &[f64]) {
        let all: Vec<u32> = (0..).zip(cost).filter(|(_, cost)| **cost < 0.0).map(|(index, _)| index).collect();
        self.some.iter().for_each(|&i| self.share[i as usize] = 0.0);
        let (mut low, mut high) = (0.0, self.per_byte.max(f64::MIN_POSITIVE) * 2.0);
        let mut over = (Vec::new(), 0.0);
        let mut under = (Vec::new(), 0.0, 0.0);
        for step in 0..60 {
            let price = if step == 0 { high } else { f64::midpoint(low, high) };
            self.some.clone_from(&all);
            self.by_count(problem, cost, price);
            let bytes: f64 = self.some.iter().map(|&i| problem.bytes[i as usize] as f64).sum();
            if bytes > problem.budget as f64 {
                over = (self.some.clone(), bytes);
                low = price;
            } else {
                under = (self.some.clone(), bytes, self.each);
                high = price;
            }
            if step == 0 && low > 0.0 {
                high = low * 4.0;
            }
        }
        self.per_byte = high;
        self.each = under.2;
        self.mix(problem, &over, &under);
    }

    fn mix(&mut self, problem: &Problem, over: &(Vec<u32>, f64), under: &(Vec<u32>, f64, f64)) {
        let part = if over.1 > under.1 { (problem.budget as f64 - under.1) / (over.1 - under.1) } else { 0.0 };
        let part = part.clamp(0.0, 1.0);
        self.some.clear();
        for (list, share) in [(&over.0, part), (&under.0, 1.0 - part)] {
            for &index in list.iter().filter(|_| share > 0.0) {
                if self.share[index as usize] == 0.0 {
                    self.some.push(index);
                }
                self.share[index as usize] += share;
            }
        }
    }
}
