//! From the matrix and its limits to a problem: what can't matter is left out, what is certain is decided.

use std::collections::HashSet;

use super::hash::ByList;
use super::primal::Moves;
use super::problem::{Fate, Offer, Problem, Rows, position, without_copies};
use super::{Limits, Matrix};

/// The problem, and the cost that a query without a usable option gets in it instead of an infinite one.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The problem.
    pub(super) problem: Problem,
    /// More than any choice costs that answers every query.
    pub(super) hopeless: f64,
}

/// Makes the problem.
pub(super) fn prepare(matrix: &Matrix, limits: &Limits) -> Prepared {
    let forced: HashSet<u32> = known(matrix, &limits.forced);
    let room = Room::beside(matrix, limits, &forced);
    let usable = usable(matrix, limits, &forced, &room);
    let hopeless = hopeless(matrix);
    let problem = decide(plain(matrix, limits, &forced, &room, &usable, hopeless));
    Prepared { problem, hopeless }
}

/// The indexes of a choice without those that it loses nothing by, the largest left out first.
pub(super) fn lean(matrix: &Matrix, limits: &Limits, chosen: &[u32]) -> Vec<u32> {
    let forced: HashSet<u32> = known(matrix, &limits.forced);
    let mut usable = vec![false; matrix.indexes.len()];
    chosen.iter().filter(|i| !forced.contains(i)).for_each(|&i| usable[i as usize] = true);
    let room = Room { bytes: u128::MAX, count: usize::MAX };
    let problem = plain(matrix, limits, &forced, &room, &usable, hopeless(matrix));
    let moves = Moves::of(&problem);
    let mut state = moves.empty();
    (0..problem.ids.len()).for_each(|index| state.add(position(index)));
    moves.trim(&mut state);
    let kept = state.list().into_iter().map(|i| problem.ids[i as usize]);
    let mut list: Vec<u32> = kept.chain(forced).collect();
    list.sort_unstable();
    list
}

/// The problem over some indexes, as the matrix has it.
fn plain(
    matrix: &Matrix,
    limits: &Limits,
    forced: &HashSet<u32>,
    room: &Room,
    usable: &[bool],
    hopeless: f64,
) -> Problem {
    let ids: Vec<u32> = (0..matrix.indexes.len()).filter(|&i| usable[i]).map(position).collect();
    let mut new_of = vec![u32::MAX; usable.len()];
    ids.iter().enumerate().for_each(|(new, &old)| new_of[old as usize] = position(new));
    let pairs = pairs(limits, &new_of);
    let bytes = ids.iter().map(|&i| matrix.indexes[i as usize].bytes).collect();
    let upkeep = ids.iter().map(|&i| matrix.indexes[i as usize].upkeep).collect();
    let mut problem = Problem::over(ids, bytes, upkeep, pairs);
    (problem.budget, problem.count) = (room.bytes, room.count);
    problem.taken = forced.iter().copied().collect();
    problem.constant = forced.iter().map(|&i| matrix.indexes[i as usize].upkeep).sum();
    fill(&mut problem, matrix, forced, &new_of, hopeless);
    problem.finish()
}

fn known(matrix: &Matrix, ids: &[u32]) -> HashSet<u32> {
    ids.iter().copied().filter(|&i| (i as usize) < matrix.indexes.len()).collect()
}

/// What the limits leave beside what is forced.
#[derive(Debug)]
struct Room {
    bytes: u128,
    count: usize,
}

impl Room {
    fn beside(matrix: &Matrix, limits: &Limits, forced: &HashSet<u32>) -> Self {
        let used: u128 = forced.iter().map(|&i| u128::from(matrix.indexes[i as usize].bytes)).sum();
        let bytes = limits.bytes.map_or(u128::MAX, |most| u128::from(most).saturating_sub(used));
        let count = limits.count.map_or(usize::MAX, |most| most.saturating_sub(forced.len()));
        Self { bytes, count }
    }
}

/// Which indexes could be chosen at all, beside the forced ones.
fn usable(matrix: &Matrix, limits: &Limits, forced: &HashSet<u32>, room: &Room) -> Vec<bool> {
    let mut usable: Vec<bool> = matrix
        .indexes
        .iter()
        .map(|item| u128::from(item.bytes) <= room.bytes && room.count > 0 && item.upkeep < f64::INFINITY)
        .collect();
    for &(a, b) in &limits.exclusive {
        for (one, other) in [(a, b), (b, a)] {
            if a != b && forced.contains(&one) && (other as usize) < usable.len() {
                usable[other as usize] = false;
            }
        }
    }
    for &index in forced {
        usable[index as usize] = false;
    }
    usable
}

fn pairs(limits: &Limits, new_of: &[u32]) -> Vec<(u32, u32)> {
    let new = |i: u32| new_of.get(i as usize).copied().filter(|&i| i != u32::MAX);
    let both = limits.exclusive.iter().filter_map(|&(a, b)| Some((new(a)?, new(b)?)));
    let mut pairs: Vec<_> = both.filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// A cost above that of every choice that answers every query.
fn hopeless(matrix: &Matrix) -> f64 {
    let of_query = |choices: &super::Choices| {
        let costs = choices.options.iter().map(|(_, cost)| *cost).chain([choices.base]);
        costs.filter(|cost| cost.is_finite()).fold(0.0_f64, |most, cost| most.max(cost.abs()))
    };
    let upkeep: f64 = matrix.indexes.iter().map(|item| item.upkeep.abs()).filter(|cost| cost.is_finite()).sum();
    2.0 * (matrix.queries.iter().map(of_query).sum::<f64>() + upkeep) + 1.0
}

/// Puts the queries in.
fn fill(problem: &mut Problem, matrix: &Matrix, forced: &HashSet<u32>, new_of: &[u32], hopeless: f64) {
    let mut slot_of = vec![u32::MAX; problem.ids.len()];
    for choices in &matrix.queries {
        let mut base = if choices.base.is_nan() { f64::INFINITY } else { choices.base };
        let mut offers: Vec<Offer> = Vec::with_capacity(choices.options.len());
        for (cost, needs) in choices.options.iter().filter_map(|(needs, cost)| offer(needs, *cost, forced, new_of)) {
            if needs.is_empty() { base = base.min(cost) } else { offers.push((cost, needs)) }
        }
        offers.retain(|(cost, _)| *cost < base);
        offers.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.len().cmp(&b.1.len())));
        without_copies(&mut offers);
        problem.push(base.min(hopeless), &offers, &mut slot_of);
    }
}

/// An option over the indexes of the problem; none when it can't be used.
fn offer(needs: &[u32], cost: f64, forced: &HashSet<u32>, new_of: &[u32]) -> Option<Offer> {
    if !cost.is_finite() {
        return None;
    }
    let mut open = Vec::with_capacity(needs.len());
    for index in needs.iter().filter(|index| !forced.contains(index)) {
        open.push(new_of.get(*index as usize).copied().filter(|&new| new != u32::MAX)?);
    }
    open.sort_unstable();
    open.dedup();
    Some((cost, open))
}

/// Decides what needs no search: indexes that cost nothing are chosen, those that others can stand in for are not.
fn decide(problem: Problem) -> Problem {
    let total: u128 = problem.bytes.iter().map(|&bytes| u128::from(bytes)).sum();
    let (roomy, countless) = (total <= problem.budget, problem.ids.len() <= problem.count);
    let mut fates = vec![Fate::Free; problem.ids.len()];
    for (at, fate) in fates.iter_mut().enumerate() {
        let free = problem.upkeep[at] <= 0.0 && problem.of_pair.row(at).is_empty();
        if free && countless && (roomy || problem.bytes[at] == 0) {
            *fate = Fate::In;
        }
    }
    outclass(&problem, &mut fates);
    match problem.shrink(&fates) {
        Some((smaller, _)) => smaller,
        None => problem,
    }
}

/// Leaves out each index in whose place another one is never worse.
fn outclass(problem: &Problem, fates: &mut [Fate]) {
    let mut work = 5_000_000_usize;
    let ways = Ways::of(problem);
    for index in 0..fates.len() {
        if fates[index] != Fate::Free || problem.upkeep[index] < 0.0 {
            continue;
        }
        let slots = problem.of_index.row(index);
        let Some(&rarest) = slots.iter().min_by_key(|&&slot| problem.slots_of(ways.query_of(slot)).len()) else {
            continue;
        };
        for slot in problem.slots_of(ways.query_of(rarest)) {
            let other = problem.index[slot] as usize;
            if other == index || fates[other] == Fate::Out || !no_dearer(problem, other, index) {
                continue;
            }
            work = work.saturating_sub(1);
            if ways.serves_all(problem, other, index, &mut work) {
                fates[index] = Fate::Out;
                break;
            }
        }
        if work == 0 {
            return;
        }
    }
}

/// Whether an index takes no more than another of anything that is limited.
fn no_dearer(problem: &Problem, index: usize, than: usize) -> bool {
    problem.bytes[index] <= problem.bytes[than]
        && problem.upkeep[index] <= problem.upkeep[than]
        && problem.of_pair.row(index).is_empty()
}

/// The options of each query by what they need.
struct Ways {
    query_of: Vec<u32>,
    /// For each slot, the cost of the option that needs this alone; infinite without one.
    alone: Vec<f64>,
    several: ByList<f64>,
}

impl Ways {
    fn of(problem: &Problem) -> Self {
        let mut query_of = vec![0; problem.index.len()];
        for query in 0..problem.base.len() {
            problem.slots_of(query).for_each(|slot| query_of[slot] = position(query));
        }
        let mut ways = Self { query_of, alone: vec![f64::INFINITY; problem.index.len()], several: ByList::default() };
        for option in 0..problem.cost.len() {
            match problem.parts.row(option) {
                [slot] => ways.alone[*slot as usize] = problem.cost[option],
                slots => {
                    let mut slots = slots.to_vec();
                    slots.sort_unstable();
                    ways.several.insert(slots, problem.cost[option]);
                }
            }
        }
        ways
    }

    fn query_of(&self, slot: u32) -> usize {
        self.query_of[slot as usize] as usize
    }

    /// Whether every option with `index` has one with `other` in its place that costs no more.
    fn serves_all(&self, problem: &Problem, other: usize, index: usize, work: &mut usize) -> bool {
        problem.of_index.row(index).iter().all(|&slot| {
            let mut mates = problem.slots_of(self.query_of(slot));
            *work = work.saturating_sub(mates.len() / 8 + 1);
            let Some(mate) = mates.find(|&mate| problem.index[mate] as usize == other) else { return false };
            self.serves(problem, position(mate), slot, work)
        })
    }

    fn serves(&self, problem: &Problem, mate: u32, slot: u32, work: &mut usize) -> bool {
        problem.of_slot.row(slot as usize).iter().all(|&option| {
            let cost = problem.cost[option as usize];
            *work = work.saturating_sub(1);
            if self.alone[mate as usize] <= cost {
                return true;
            }
            let others =
                problem.parts.row(option as usize).iter().copied().filter(|&part| part != slot && part != mate);
            let mut swapped: Vec<u32> = others.chain([mate]).collect();
            swapped.sort_unstable();
            self.several.get(&swapped).is_some_and(|&found| found <= cost)
        })
    }
}

/// For each index, the options that need it.
pub(super) fn options_of_indexes(problem: &Problem) -> Rows {
    let options = 0..problem.cost.len();
    let pairs =
        options.flat_map(|o| problem.parts.row(o).iter().map(move |&slot| (problem.index[slot as usize], position(o))));
    Rows::grouped(problem.ids.len(), pairs)
}
