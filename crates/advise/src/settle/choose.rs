//! The best set of built indexes by measured times: a local search, since times need not add up.

use super::bench::{Candidate, TICK};
use super::case::Case;

/// A query may become so much slower before that counts against a set.
pub(super) const SLOWER: f64 = 1.1;
/// How much more a ms counts by which a query is slower than it may be.
const HARM: f64 = 20.0;
/// What an index must save at least, as a share of the whole workload's time: less is noise.
const WORTH: f64 = 0.003;

/// Up to so much work, steps that change three indexes are looked at.
const TRIPLES: usize = 3_000_000;

/// What limits the choice.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    /// Most bytes.
    pub(super) bytes: Option<u64>,
    /// Most indexes.
    pub(super) count: Option<usize>,
}

/// What is chosen among.
pub(super) struct Choosing<'a> {
    pub(super) pool: &'a [Candidate],
    pub(super) cases: &'a [Case],
    pub(super) limits: Limits,
    /// Weighted ms that the upkeep of each index costs.
    pub(super) upkeep: &'a [f64],
    /// Indexes that were found to be of no use.
    pub(super) barred: &'a [bool],
}

impl Choosing<'_> {
    /// The best set found, starting from several.
    pub(super) fn best(&self) -> Vec<bool> {
        let none = vec![false; self.pool.len()];
        let advised: Vec<bool> = (0..self.pool.len()).map(|at| self.pool[at].advised && self.may(at)).collect();
        let mut found = vec![self.climb(none.clone()), self.climb(self.dense(none.clone()))];
        if self.fits(&advised) {
            found.push(self.climb(advised));
        }
        let best = found.into_iter().min_by(|a, b| self.cost(a).total_cmp(&self.cost(b)));
        best.unwrap_or(none)
    }

    fn may(&self, at: usize) -> bool {
        !self.barred[at] && self.pool[at].built.is_ok()
    }

    fn fits(&self, set: &[bool]) -> bool {
        let chosen = || set.iter().enumerate().filter(|(_, yes)| **yes).map(|(at, _)| at);
        let bytes: u64 = chosen().map(|at| self.pool[at].bytes()).sum();
        self.limits.bytes.is_none_or(|most| bytes <= most)
            && self.limits.count.is_none_or(|most| chosen().count() <= most)
    }

    /// Weighted time of the workload with a set, harm and upkeep included.
    pub(super) fn cost(&self, set: &[bool]) -> f64 {
        let whole: f64 = self.cases.iter().map(|case| case.weight * case.base).sum();
        let queries: f64 = self.cases.iter().map(|case| case.counts(with_harm(case, set))).sum();
        let chosen = set.iter().enumerate().filter(|(_, yes)| **yes);
        queries + chosen.map(|(at, _)| self.upkeep[at] + whole * WORTH).sum::<f64>()
    }

    /// Adds what saves most for its bytes, again and again: under a budget a better start than what saves most.
    fn dense(&self, mut set: Vec<bool>) -> Vec<bool> {
        let mut cost = self.cost(&set);
        loop {
            let open = (0..set.len()).filter(|at| !set[*at] && self.may(*at));
            let added = open.map(|at| {
                let mut step = set.clone();
                step[at] = true;
                (at, step)
            });
            let scored = added.filter(|(_, step)| self.fits(step)).map(|(at, step)| (at, self.cost(&step), step));
            let worth = |at: usize, left: f64| (cost - left) / (self.pool[at].bytes().max(1) as f64);
            let best = scored
                .filter(|(_, left, _)| *left < cost - 1e-9)
                .max_by(|a, b| worth(a.0, a.1).total_cmp(&worth(b.0, b.1)));
            match best {
                Some((_, left, step)) => (cost, set) = (left, step),
                None => return set,
            }
        }
    }

    /// Adds, drops, and swaps as long as that helps: the best step each time.
    fn climb(&self, mut set: Vec<bool>) -> Vec<bool> {
        let mut cost = self.cost(&set);
        loop {
            let steps = self.steps(&set);
            let scored = steps.into_iter().filter(|step| self.fits(step)).map(|step| (self.cost(&step), step));
            match scored.min_by(|a, b| a.0.total_cmp(&b.0)) {
                Some((better, step)) if better < cost - 1e-9 => (cost, set) = (better, step),
                _ => return set,
            }
        }
    }

    fn steps(&self, set: &[bool]) -> Vec<Vec<bool>> {
        let flipped = |list: &[usize]| {
            let mut step = set.to_vec();
            for at in list {
                step[*at] = !step[*at];
            }
            step
        };
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            (0..set.len()).filter(|at| set[*at] || self.may(*at)).partition(|at| set[*at]);
        let mut steps: Vec<Vec<bool>> = inside.iter().chain(&outside).map(|at| flipped(&[*at])).collect();
        for (nth, one) in outside.iter().enumerate() {
            steps.extend(inside.iter().map(|other| flipped(&[*one, *other])));
            // Two indexes may gain only together.
            steps.extend(outside[nth + 1..].iter().map(|other| flipped(&[*one, *other])));
            if inside.len() * outside.len() * outside.len() * self.cases.len() <= TRIPLES {
                // Two smaller ones in the place of a large one.
                let pairs = outside[nth + 1..].iter().flat_map(|other| inside.iter().map(move |gone| (other, gone)));
                steps.extend(pairs.map(|(other, gone)| flipped(&[*one, *other, *gone])));
            }
        }
        steps
    }
}

fn with_harm(case: &Case, set: &[bool]) -> f64 {
    let ms = case.ms(set);
    let most = case.base * SLOWER + TICK;
    if ms > most { ms + (ms - most) * HARM } else { ms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Index, ObjectName};
    use crate::port::Built;
    use crate::settle::case::Atom;

    fn candidate(bytes: u64) -> Candidate {
        let table = ObjectName { schema: String::new(), name: "t".to_owned() };
        let built = Ok(Built { bytes, ms: 1.0, scaled_bytes: bytes });
        Candidate {
            index: Index::btree(table, ["a"]),
            built,
            estimated: bytes,
            upkeep: (0.0, String::new()),
            advised: true,
        }
    }

    fn case(base: f64, plans: &[(&[usize], f64, f64)]) -> Case {
        let atom = |used: &[usize], cost, ms| Atom {
            used: used.to_vec(),
            cost,
            hash: 0,
            with: Vec::new(),
            ms: Some(ms),
            failed: false,
            cut: false,
            guess: ms,
        };
        let mut atoms = vec![atom(&[], 100.0, base)];
        atoms.extend(plans.iter().map(|(used, cost, ms)| atom(used, *cost, *ms)));
        Case { query: 0, weight: 1.0, by_factor: false, base, atoms }
    }

    fn best(pool: &[Candidate], cases: &[Case], bytes: Option<u64>) -> Vec<bool> {
        let (upkeep, barred) = (vec![0.0; pool.len()], vec![false; pool.len()]);
        Choosing { pool, cases, limits: Limits { bytes, count: None }, upkeep: &upkeep, barred: &barred }.best()
    }

    #[test]
    fn an_index_that_misleads_the_planner_is_not_chosen() {
        let pool = [candidate(10), candidate(10)];
        // The second query would be planned with the first index, and be slower.
        let cases = [case(100.0, &[(&[0], 50.0, 95.0), (&[1], 60.0, 20.0)]), case(100.0, &[(&[0], 10.0, 400.0)])];
        assert_eq!(best(&pool, &cases, None), [false, true]);
    }

    #[test]
    fn several_small_ones_are_found_that_beat_a_large_one() {
        let pool = [candidate(100), candidate(40), candidate(40)];
        let plans: [&[(&[usize], f64, f64)]; 2] =
            [&[(&[0], 10.0, 30.0), (&[1], 20.0, 40.0)], &[(&[0], 10.0, 60.0), (&[2], 20.0, 20.0)]];
        let cases = plans.map(|plans| case(100.0, plans));
        assert_eq!(best(&pool, &cases, Some(100)), [false, true, true]);
    }

    #[test]
    fn two_that_gain_together_are_found_within_the_budget() {
        let pool = [candidate(10), candidate(10), candidate(15)];
        let cases = [case(100.0, &[(&[0, 1], 10.0, 10.0), (&[0], 50.0, 100.0)]), case(100.0, &[(&[2], 10.0, 60.0)])];
        assert_eq!(best(&pool, &cases, Some(20)), [true, true, false]);
        assert_eq!(best(&pool, &cases, Some(15)), [false, false, true]);
        assert_eq!(best(&pool, &cases, Some(35)), [true, true, true]);
        assert_eq!(best(&pool, &cases, Some(0)), [false, false, false]);
    }
}
