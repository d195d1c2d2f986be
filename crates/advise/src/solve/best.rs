//! The best choice so far, and whether there is time to look for a better one.

use std::time::{Duration, Instant};

use super::problem::Problem;
use super::state::State;
use super::{Choice, Limits, Matrix};

/// Share of the cost within which two choices count as equally good.
const EQUAL: f64 = 1e-11;
/// The listener hears at least this often, so that it can end the search.
const TELL_EVERY: Duration = Duration::from_millis(50);

/// The best choice so far, with the clock and whoever wants to know.
pub(super) struct Best<'a> {
    matrix: &'a Matrix,
    deadline: Option<Instant>,
    listener: &'a mut dyn FnMut(&Choice) -> bool,
    told: Instant,
    ended: bool,
    /// Best choice: positions in the matrix, ascending.
    pub(super) chosen: Vec<u32>,
    /// Its cost, with `hopeless` for each query that it leaves without an answer.
    pub(super) cost: f64,
    /// No choice costs less.
    pub(super) bound: f64,
    hopeless: f64,
}

impl<'a> Best<'a> {
    /// Nothing found yet.
    pub(super) fn new(
        matrix: &'a Matrix,
        limits: &Limits,
        began: Instant,
        hopeless: f64,
        listener: &'a mut dyn FnMut(&Choice) -> bool,
    ) -> Self {
        let deadline = limits.time.and_then(|time| began.checked_add(time));
        let (cost, bound) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { matrix, deadline, listener, told: began, ended: false, chosen: Vec::new(), cost, bound, hopeless }
    }

    /// Whether to stop: time is up, or nobody wants more.
    pub(super) fn over(&mut self) -> bool {
        let now = Instant::now();
        self.ended |= self.deadline.is_some_and(|deadline| now >= deadline);
        if !self.ended && now.duration_since(self.told) >= TELL_EVERY {
            self.tell();
        }
        self.ended
    }

    /// A cost that is as good as the best: what reaches it need not be looked at.
    pub(super) fn enough(&self) -> f64 {
        self.cost - self.cost.abs() * EQUAL
    }

    /// Takes a choice when it is better.
    pub(super) fn offer(&mut self, state: &State<'_>) {
        // The state's cost has gone through many additions; what is reported is added up anew.
        if state.cost < self.cost + self.cost.abs() * 1e-9 {
            self.take(state.problem, &state.list());
        }
    }

    fn take(&mut self, problem: &Problem, chosen: &[u32]) {
        let chosen = chosen.iter().map(|&i| problem.ids[i as usize]);
        let mut list: Vec<u32> = chosen.chain(problem.taken.iter().copied()).collect();
        list.sort_unstable();
        let cost = self.matrix.cost_at_most(&list, self.hopeless);
        if cost < self.cost {
            (self.chosen, self.cost) = (list, cost);
            self.tell();
        }
    }

    /// Tells what there is; ends the search when the listener wants no more.
    fn tell(&mut self) {
        let choice = self.choice();
        self.ended |= !(self.listener)(&choice);
        self.told = Instant::now();
    }

    /// Takes the one choice that a problem without open indexes has.
    pub(super) fn offer_only(&mut self, problem: &Problem) {
        if problem.constant < self.cost {
            self.take(problem, &[]);
        }
    }

    /// Raises the bound.
    pub(super) fn prove(&mut self, bound: f64) {
        if bound.min(self.cost) > self.bound {
            self.bound = bound.min(self.cost);
        }
    }

    /// The choice as it is reported. Nothing answers every query once the bound is above what that could cost.
    fn choice(&self) -> Choice {
        let limit = self.hopeless / 2.0;
        let reported = |cost: f64| if cost > limit { f64::INFINITY } else { cost };
        let cost = reported(self.cost);
        Choice { chosen: self.chosen.clone(), cost, bound: reported(self.bound).min(cost) }
    }

    /// The result, after `lean` has taken out what does no good.
    pub(super) fn into_choice(mut self, lean: impl FnOnce(&[u32]) -> Vec<u32>) -> Choice {
        let list = lean(&self.chosen);
        let cost = self.matrix.cost_at_most(&list, self.hopeless);
        if cost <= self.cost {
            (self.chosen, self.cost) = (list, cost);
        }
        self.choice()
    }
}
