//! The order of the work: first choices, the bound at the root with exchanges in between, then the tree.

use super::best::Best;
use super::branch::{Tree, shrunk};
use super::dual::{Climb, Effort, Prices};
use super::primal::Moves;
use super::problem::{Fate, Problem};
use super::state::State;

/// Climbs at the root, with exchanges after each.
const ROUNDS: usize = 6;
/// Steps of a climb at the root.
const STEPS: Effort = Effort { steps: 250, patience: 60 };
/// Exchanges that are tried after a climb.
const EXCHANGES: usize = 2000;

/// Looks for the best choice on a problem and proves what it can.
pub(super) fn search(mut problem: Problem, start: &[u32], best: &mut Best<'_>) {
    let moves = Moves::of(&problem);
    first(&moves, start, best);
    drop(moves);
    let mut prices = Prices::none(&problem);
    for round in 0..ROUNDS {
        let mut climb = Climb::from(&problem, prices);
        climb.run(&problem, best.enough(), STEPS, || best.over());
        let before = best.bound;
        best.prove(climb.best.bound);
        improve(&problem, &climb, best);
        if best.over() || best.bound >= best.enough() {
            return;
        }
        let mut fates = vec![Fate::Free; problem.ids.len()];
        climb.best.decide(best.cost, &mut fates);
        let stuck = best.bound - before < (best.cost - best.bound) * 0.02;
        prices = climb.prices;
        if fates.iter().any(|&fate| fate != Fate::Free) {
            // No choice is left in what remains: none is better.
            let Some((smaller, fewer)) = shrunk(&problem, &prices, &fates) else { return best.prove(best.cost) };
            (problem, prices) = (smaller, fewer);
        } else if stuck && round > 0 {
            break;
        }
    }
    Tree::grow(problem, prices, best);
}

/// Nothing, what the caller starts with, and what the greedy finds at three weights of size.
fn first(moves: &Moves<'_>, start: &[u32], best: &mut Best<'_>) {
    let mut state = moves.empty();
    best.offer(&state);
    if !start.is_empty() {
        keep(&mut state, start);
        moves.trim(&mut state);
        moves.fill(&mut state, &moves.all());
        best.offer(&state);
    }
    for weight in [1.0, 0.5, 0.0] {
        if best.over() {
            return;
        }
        let mut state = moves.empty();
        moves.greedy(&mut state, weight, best);
        moves.trim(&mut state);
        best.offer(&state);
    }
}

/// Chooses those of some indexes of the matrix that the problem has and that fit.
fn keep(state: &mut State<'_>, ids: &[u32]) {
    let wanted: std::collections::HashSet<u32> = ids.iter().copied().collect();
    for (index, id) in (0..).zip(&state.problem.ids) {
        if wanted.contains(id) && !state.chosen[index as usize] && state.fits(index) {
            state.add(index);
        }
    }
}

/// Choices from where a climb stands: its shares rounded, and exchanges on the best.
fn improve(problem: &Problem, climb: &Climb, best: &mut Best<'_>) {
    let moves = Moves::of(problem);
    moves.round(&climb.share, best);
    if best.over() || climb.best.bound >= best.enough() {
        return;
    }
    let mut state = moves.empty();
    let chosen = best.chosen.clone();
    keep(&mut state, &chosen);
    moves.exchange(&mut state, &climb.best.reduced, best, EXCHANGES);
}
