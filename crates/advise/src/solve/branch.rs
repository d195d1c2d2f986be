//! The proof: branch and bound over the relaxation.
//!
//! Open nodes are taken by their bound, so that the bound of all rises as fast as it can. A node is a problem of its own,
//! made from its parent's by one decision; what the bound decides is decided at once.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;

use super::best::Best;
use super::dual::{Climb, Effort, Prices};
use super::primal::Moves;
use super::problem::{Fate, Problem};

/// Open nodes may hold about this many slots together before the deepest is taken first.
const MOST_SLOTS: usize = 40_000_000;

/// A problem with its prices, shared by the nodes made from it.
#[derive(Debug)]
pub(super) struct Parent {
    problem: Problem,
    prices: Prices,
}

/// A node to be looked at.
#[derive(Debug)]
struct Node {
    bound: f64,
    depth: usize,
    parent: Rc<Parent>,
    index: usize,
    fate: Fate,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Node {}

impl Ord for Node {
    fn cmp(&self, other: &Self) -> Ordering {
        other.bound.total_cmp(&self.bound).then(self.depth.cmp(&other.depth))
    }
}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The tree.
#[derive(Debug)]
pub(super) struct Tree {
    open: BinaryHeap<Node>,
    /// Open nodes that were made while there were too many: the last one is taken first.
    deep: Vec<Node>,
    /// Slots of the problems that open nodes hold.
    held: usize,
    /// Lowest bound of what was left out as not better than the best.
    closed: f64,
}

impl Tree {
    /// Proves as much as time allows, starting from a problem with its prices.
    pub(super) fn grow(problem: Problem, prices: Prices, best: &mut Best<'_>) {
        let mut tree = Self { open: BinaryHeap::new(), deep: Vec::new(), held: 0, closed: f64::INFINITY };
        let bound = best.bound;
        tree.visit(problem, prices, bound, 0, best);
        while let Some(node) = tree.next(best) {
            if node.bound >= best.enough() {
                tree.closed = tree.closed.min(node.bound);
                continue;
            }
            if best.over() {
                return;
            }
            tree.child(&node, best);
        }
        best.prove(tree.closed);
    }

    /// The node to look at next.
    fn next(&mut self, best: &mut Best<'_>) -> Option<Node> {
        let node = self.deep.pop().or_else(|| {
            let node = self.open.pop()?;
            best.prove(node.bound.min(self.closed));
            Some(node)
        })?;
        if Rc::strong_count(&node.parent) == 1 {
            self.held -= node.parent.problem.index.len();
        }
        Some(node)
    }

    fn child(&mut self, node: &Node, best: &mut Best<'_>) {
        let mut fates = vec![Fate::Free; node.parent.problem.ids.len()];
        fates[node.index] = node.fate;
        let Some((problem, prices)) = shrunk(&node.parent.problem, &node.parent.prices, &fates) else { return };
        self.visit(problem, prices, node.bound, node.depth, best);
    }

    /// Bounds a problem, and opens two nodes below it when that is not enough.
    fn visit(&mut self, mut problem: Problem, mut prices: Prices, above: f64, depth: usize, best: &mut Best<'_>) {
        let mut bound = above;
        loop {
            if problem.ids.is_empty() {
                best.offer_only(&problem);
                self.closed = self.closed.min(problem.constant);
                return;
            }
            let mut climb = Climb::from(&problem, prices);
            let effort = Effort { steps: 400, patience: 30 };
            climb.run(&problem, best.enough(), effort, || best.over());
            bound = bound.max(climb.best.bound);
            if bound >= best.enough() {
                self.closed = self.closed.min(bound);
                return;
            }
            let moves = Moves::of(&problem);
            moves.round(&climb.share, best);
            if bound >= best.enough() {
                self.closed = self.closed.min(bound);
                return;
            }
            let mut fates = vec![Fate::Free; problem.ids.len()];
            climb.best.decide(best.cost, &mut fates);
            if fates.iter().all(|&fate| fate == Fate::Free) {
                let index = branching(&problem, &climb);
                self.split(problem, climb.prices, index, bound, depth);
                return;
            }
            let Some((smaller, fewer)) = shrunk(&problem, &climb.prices, &fates) else { return };
            (problem, prices) = (smaller, fewer);
            if best.over() {
                // Bounded, not finished: it stays open.
                self.split(problem, prices, 0, bound, depth);
                return;
            }
        }
    }

    fn split(&mut self, problem: Problem, prices: Prices, index: usize, bound: f64, depth: usize) {
        if problem.ids.is_empty() {
            self.closed = self.closed.min(problem.constant);
            return;
        }
        let parent = Rc::new(Parent { problem, prices });
        self.held += parent.problem.index.len();
        for fate in [Fate::Out, Fate::In] {
            let node = Node { bound, depth: depth + 1, parent: Rc::clone(&parent), index, fate };
            if self.held > MOST_SLOTS { self.deep.push(node) } else { self.open.push(node) }
        }
    }
}

/// The problem after some decisions, with the prices that it inherits.
pub(super) fn shrunk(problem: &Problem, prices: &Prices, fates: &[Fate]) -> Option<(Problem, Prices)> {
    let (smaller, origin) = problem.shrink(fates)?;
    let slot = origin.iter().map(|&old| prices.slot[old as usize]).collect();
    let known = problem.pairs.iter().zip(&prices.pair);
    let priced: std::collections::HashMap<_, _> =
        known.map(|(&(a, b), &price)| ((problem.ids[a as usize], problem.ids[b as usize]), price)).collect();
    let of =
        |&(a, b): &(u32, u32)| priced.get(&(smaller.ids[a as usize], smaller.ids[b as usize])).copied().unwrap_or(0.0);
    let pair = smaller.pairs.iter().map(of).collect();
    Some((smaller, Prices { slot, pair }))
}

/// The index whose share is the least clear, weighed by what hangs on it.
fn branching(problem: &Problem, climb: &Climb) -> usize {
    let earned =
        |index: usize| problem.of_index.row(index).iter().map(|&slot| climb.prices.slot[slot as usize]).sum::<f64>();
    let score = |index: usize| {
        let share = climb.share[index].clamp(0.0, 1.0);
        (share * (1.0 - share) + 1e-4) * (earned(index) + 1e-9)
    };
    (0..problem.ids.len()).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0)
}
