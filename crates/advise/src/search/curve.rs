//! Gain against storage: the best cost for growing budgets, on the last matrix.

use std::time::Duration;

use super::matrix::Model;
use super::refine::{Outcome, Search};
use super::threads;
use crate::advice::CurvePoint;
use crate::solve::{self, Limits};

/// Budgets between nothing and everything.
const POINTS: u64 = 10;
/// Longest time of one point: a curve is for the eye.
const PATIENCE: Duration = Duration::from_millis(100);

/// The curve, ascending, with the chosen point in it.
pub(crate) fn curve(search: &Search<'_>, model: &Model, best: &Outcome) -> Vec<CurvePoint> {
    let bytes = |candidates: &[u32]| -> u64 {
        candidates.iter().map(|c| search.space.candidates[*c as usize].estimate.bytes).sum()
    };
    let chosen = CurvePoint { bytes: bytes(&best.chosen), cost: best.cost, bound: best.bound, chosen: true };
    let at = |budget: Option<u64>| {
        let limits = Limits { bytes: budget, time: Some(PATIENCE), ..search.limits.clone() };
        let choice = solve::solve(&model.matrix, &limits);
        let bytes = bytes(&model.named(&choice.chosen));
        CurvePoint { bytes, cost: choice.cost, bound: choice.bound, chosen: false }
    };
    let most = at(None);
    let mut points = vec![chosen, most];
    // Small budgets gain most for their bytes, so the budgets are denser there.
    let budget = |point: u64| u128::from(most.bytes) * u128::from(point * point) / u128::from(POINTS * POINTS);
    let budgets: Vec<_> = (0..POINTS).map(|point| u64::try_from(budget(point)).ok()).collect();
    points.extend(threads::map(&budgets, 1, |budget| at(*budget)));
    points.sort_by(|a, b| (a.bytes, !a.chosen).cmp(&(b.bytes, !b.chosen)).then(b.cost.total_cmp(&a.cost)));
    monotone(points)
}

/// Without points that cost no less than one with fewer bytes; the chosen one stays.
fn monotone(points: Vec<CurvePoint>) -> Vec<CurvePoint> {
    let mut kept: Vec<CurvePoint> = Vec::new();
    for point in points {
        let least = kept.iter().map(|p| p.cost).fold(f64::INFINITY, f64::min);
        if point.chosen || point.cost < least {
            kept.push(point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_only_falls_and_keeps_the_choice() {
        let point = |bytes, cost, chosen| CurvePoint { bytes, cost, bound: cost, chosen };
        let kept =
            monotone(vec![point(0, 9.0, false), point(5, 7.0, false), point(6, 8.0, true), point(7, 7.0, false)]);
        assert_eq!(kept.iter().map(|p| p.bytes).collect::<Vec<_>>(), [0, 5, 6]);
    }
}
