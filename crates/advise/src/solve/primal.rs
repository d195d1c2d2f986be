//! Good choices quickly: greedy by gain for each byte, where an option's indexes may come together; then exchanges.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::best::Best;
use super::hash::Lists;
use super::prepare::options_of_indexes;
use super::problem::{Problem, Rows, position};
use super::state::State;

/// About how many sets of indexes are tried together: the best of each query.
const BUNDLES: usize = 6_000;

/// What the heuristics need beside a problem.
#[derive(Debug)]
pub(super) struct Moves<'a> {
    pub(super) problem: &'a Problem,
    pub(super) needing: Rows,
    /// Sets of indexes that options need together.
    bundles: Vec<Vec<u32>>,
}

/// The options of a query that need several indexes and gain most, in all and for each byte.
fn together(problem: &Problem, query: usize, each: usize) -> Vec<usize> {
    let several = problem.options_of(query).filter(|&o| problem.parts.row(o).len() > 1);
    let options: Vec<usize> = several.collect();
    if options.len() <= each {
        return options;
    }
    let mut list = options[..each / 2].to_vec();
    let score = |&option: &usize| {
        let bytes: f64 = problem.needs(option).map(|i| problem.bytes[i as usize] as f64).sum();
        (problem.cost[option] - problem.base[query]) / bytes.max(1.0)
    };
    let mut scored: Vec<(f64, usize)> = options.iter().map(|option| (score(option), *option)).collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    list.extend(scored[..each / 2].iter().map(|&(_, option)| option));
    list
}

/// A candidate of the greedy: the score it had when it was last looked at.
#[derive(Debug, PartialEq)]
struct Scored {
    score: f64,
    bundle: usize,
}

impl Eq for Scored {}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.bundle.cmp(&self.bundle))
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'a> Moves<'a> {
    /// Looks at what options need together.
    pub(super) fn of(problem: &'a Problem) -> Self {
        let mut bundles: Vec<Vec<u32>> = (0..position(problem.ids.len())).map(|index| vec![index]).collect();
        let mut seen = Lists::default();
        let each = (BUNDLES / problem.base.len().max(1)).clamp(4, 1000);
        for query in 0..problem.base.len() {
            for option in together(problem, query, each) {
                let mut needs: Vec<u32> = problem.needs(option).collect();
                needs.sort_unstable();
                if seen.insert(needs.clone()) {
                    bundles.push(needs);
                }
            }
        }
        Self { problem, needing: options_of_indexes(problem), bundles }
    }

    /// Nothing chosen.
    pub(super) fn empty(&self) -> State<'_> {
        State::empty(self.problem, &self.needing)
    }

    /// Adds what gains most for its bytes to the power of `weight`, until nothing gains or fits.
    pub(super) fn greedy(&self, state: &mut State<'_>, weight: f64, best: &mut Best<'_>) {
        let mut heap: BinaryHeap<Scored> = BinaryHeap::new();
        for bundle in 0..self.bundles.len() {
            if bundle.is_multiple_of(256) && best.over() {
                return;
            }
            heap.extend(self.scored(state, bundle, weight));
        }
        let mut steps = 0_usize;
        while let Some(top) = heap.pop() {
            steps += 1;
            if steps.is_multiple_of(64) && best.over() {
                return;
            }
            let Some(now) = self.scored(state, top.bundle, weight) else { continue };
            if heap.peek().is_some_and(|next| now.score < next.score * (1.0 - 1e-12)) {
                heap.push(now);
                continue;
            }
            for &index in &self.bundles[top.bundle] {
                if !state.chosen[index as usize] {
                    state.add(index);
                    heap.extend(
                        self.mates(state, index).into_iter().filter_map(|i| self.scored(state, i as usize, weight)),
                    );
                }
            }
        }
    }

    /// Indexes that alone complete an option of this one.
    fn mates(&self, state: &State<'_>, index: u32) -> Vec<u32> {
        let mut mates: Vec<u32> = Vec::new();
        for &option in self.needing.row(index as usize) {
            if self.problem.parts.row(option as usize).len() > 1 {
                mates.extend(self.problem.needs(option as usize).filter(|&i| !state.chosen[i as usize]));
            }
        }
        mates.sort_unstable();
        mates.dedup();
        mates
    }

    /// The score of a bundle as things are; none when it gains nothing or does not fit.
    fn scored(&self, state: &mut State<'_>, bundle: usize, weight: f64) -> Option<Scored> {
        let (gain, bytes) = self.gain(state, &self.bundles[bundle])?;
        (gain > 0.0).then(|| Scored { score: gain / (bytes.max(1) as f64).powf(weight), bundle })
    }

    fn gain(&self, state: &mut State<'_>, bundle: &[u32]) -> Option<(f64, u128)> {
        if let &[index] = bundle {
            let open = !state.chosen[index as usize] && state.fits(index);
            return open.then(|| (state.gain(index), self.problem.bytes_of(&[index])));
        }
        let missing: Vec<u32> = bundle.iter().copied().filter(|&i| !state.chosen[i as usize]).collect();
        let bytes = self.problem.bytes_of(&missing);
        let fits = state.bytes + bytes <= self.problem.budget
            && state.count + missing.len() <= self.problem.count
            && missing.iter().all(|&i| !state.excluded(i));
        if missing.is_empty() || !fits {
            return None;
        }
        let before = state.cost;
        for &index in &missing {
            state.add(index);
        }
        let allowed = missing.iter().all(|&i| !state.excluded(i));
        let gain = before - state.cost;
        for &index in missing.iter().rev() {
            state.remove(index);
        }
        state.cost = before;
        allowed.then_some((gain, bytes))
    }

    /// Takes out what nothing is lost by, the largest first.
    pub(super) fn trim(&self, state: &mut State<'_>) {
        let mut list = state.list();
        list.sort_by_key(|&i| (std::cmp::Reverse(self.problem.bytes[i as usize]), i));
        for index in list {
            if state.loss(index) <= 0.0 {
                state.remove(index);
            }
        }
    }

    /// Puts what has the greatest share first, then what gains.
    pub(super) fn round(&self, share: &[f64], best: &mut Best<'_>) {
        let mut state = self.empty();
        let mut order: Vec<u32> = (0..position(share.len())).filter(|&i| share[i as usize] > 0.02).collect();
        order.sort_by(|&a, &b| share[b as usize].total_cmp(&share[a as usize]).then(a.cmp(&b)));
        for index in order {
            if state.fits(index) && (share[index as usize] > 0.5 || state.gain(index) > 0.0) {
                state.add(index);
            }
        }
        self.trim(&mut state);
        self.fill(&mut state, &self.all());
        best.offer(&state);
    }

    /// All indexes.
    pub(super) fn all(&self) -> Vec<u32> {
        (0..position(self.problem.ids.len())).collect()
    }

    /// Adds single indexes by gain for each byte in one pass.
    pub(super) fn fill(&self, state: &mut State<'_>, from: &[u32]) {
        let mut order: Vec<(f64, u32)> = Vec::new();
        for &index in from {
            if !state.chosen[index as usize] && state.fits(index) {
                let gain = state.gain(index);
                if gain > 0.0 {
                    order.push((gain / (self.problem.bytes[index as usize].max(1) as f64), index));
                }
            }
        }
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, index) in order {
            if state.fits(index) && state.gain(index) > 0.0 {
                state.add(index);
            }
        }
    }

    /// Exchanges: brings in a bundle, takes out what is missed least until the limits are kept, fills up; as long as that
    /// makes the choice cheaper. `order` tells which indexes are promising, the lowest first.
    pub(super) fn exchange(&self, state: &mut State<'_>, order: &[f64], best: &mut Best<'_>, mut tries: usize) {
        let mut bundles: Vec<(f64, usize)> = (0..self.bundles.len())
            .map(|at| (self.bundles[at].iter().map(|&i| order[i as usize].max(0.0)).sum::<f64>(), at))
            .collect();
        bundles.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut likely = self.all();
        likely.sort_by(|&a, &b| order[a as usize].total_cmp(&order[b as usize]));
        likely.truncate(100 + 2 * state.count);
        let (mut at, mut since) = (0, 0);
        let mut kept = state.chosen.clone();
        while since < bundles.len() && tries > 0 {
            tries -= 1;
            if tries.is_multiple_of(8) && best.over() {
                break;
            }
            let bundle = &self.bundles[bundles[at].1];
            (at, since) = ((at + 1) % bundles.len(), since + 1);
            let before = state.cost;
            if self.bring(state, bundle, &likely) && state.cost < before - before.abs() * 1e-12 {
                kept.clone_from(&state.chosen);
                best.offer(state);
                since = 0;
            } else {
                state.become_like(&kept);
                state.cost = before;
            }
        }
    }

    /// Brings in a bundle and makes room for it; whether that worked.
    fn bring(&self, state: &mut State<'_>, bundle: &[u32], likely: &[u32]) -> bool {
        if self.problem.bytes_of(bundle) > self.problem.budget || bundle.len() > self.problem.count {
            return false;
        }
        let before = state.cost;
        for &index in bundle {
            if !state.chosen[index as usize] {
                state.add(index);
            }
        }
        if state.cost >= before {
            return false;
        }
        for index in state.list() {
            if state.excluded(index) && !bundle.contains(&index) {
                state.remove(index);
            }
        }
        if bundle.iter().any(|&i| state.excluded(i)) {
            return false;
        }
        while !state.within() {
            let by_bytes = state.bytes > self.problem.budget;
            let weigh = |i: u32| if by_bytes { self.problem.bytes[i as usize].max(1) as f64 } else { 1.0 };
            let over = state.bytes.saturating_sub(self.problem.budget) as f64;
            let others = state.list().into_iter().filter(|i| !bundle.contains(i));
            let least = others.map(|i| (state.loss(i) / weigh(i).min(if by_bytes { over } else { 1.0 }), i));
            let Some((_, index)) = least.min_by(|a, b| a.0.total_cmp(&b.0)) else { return false };
            state.remove(index);
        }
        self.trim(state);
        self.fill(state, likely);
        true
    }
}
