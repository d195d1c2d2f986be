//! The choice against the best of all subsets, on small matrices of every kind that the advisor can meet.

use dbwright_advise::solve::{Choice, Choices, Item, Limits, Matrix, solve, solve_from, solve_with};
use proptest::prelude::*;

/// Small whole numbers: sums are exact, so equal costs are equal.
fn item() -> impl Strategy<Value = Item> {
    let upkeep =
        prop_oneof![4 => Just(0.0), 2 => (0..40_i32).prop_map(f64::from), 1 => (-20..0_i32).prop_map(f64::from)];
    let bytes = prop_oneof![1 => Just(0_u64), 6 => 1..30_u64, 1 => Just(u64::MAX / 3)];
    (bytes, upkeep).prop_map(|(bytes, upkeep)| Item { bytes, upkeep })
}

fn choices(indexes: u32) -> impl Strategy<Value = Choices> {
    let cost = || (0..200_i32).prop_map(f64::from);
    let base = prop_oneof![5 => (50..250_i32).prop_map(f64::from), 1 => Just(f64::INFINITY)];
    let needs = prop::collection::vec(0..indexes + 1, 0..4);
    let options = prop::collection::vec((needs, prop_oneof![9 => cost(), 1 => Just(f64::INFINITY)]), 0..10);
    (base, options).prop_map(|(base, options)| Choices { base, options })
}

fn matrix() -> impl Strategy<Value = Matrix> {
    (1..9_u32).prop_flat_map(|indexes| {
        let items = prop::collection::vec(item(), indexes as usize);
        let queries = prop::collection::vec(choices(indexes), 0..8);
        (items, queries).prop_map(|(indexes, queries)| Matrix { indexes, queries })
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    let bytes = prop_oneof![2 => (0..120_u64).prop_map(Some), 1 => Just(None)];
    let count = prop_oneof![1 => (0..5_usize).prop_map(Some), 2 => Just(None)];
    let forced = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(0..8_u32, 1..3)];
    let exclusive = prop::collection::vec((0..8_u32, 0..8_u32), 0..4);
    (bytes, count, forced, exclusive).prop_map(|(bytes, count, forced, exclusive)| Limits {
        bytes,
        count,
        forced,
        exclusive,
        time: None,
    })
}

/// Whether a choice keeps the limits, which hold for what is not forced.
fn allowed(matrix: &Matrix, limits: &Limits, chosen: &[u32]) -> bool {
    let known = |index: &u32| (*index as usize) < matrix.indexes.len();
    let mut forced: Vec<u32> = limits.forced.iter().copied().filter(known).collect();
    forced.sort_unstable();
    forced.dedup();
    let bytes = |list: &[u32]| list.iter().map(|&i| u128::from(matrix.indexes[i as usize].bytes)).sum::<u128>();
    let most = limits.bytes.map_or(u128::MAX, |most| u128::from(most).max(bytes(&forced)));
    let paid: Vec<u32> = chosen.iter().copied().filter(|i| !forced.contains(i)).collect();
    let room = most - bytes(&forced).min(most);
    forced.iter().all(|i| chosen.contains(i))
        && bytes(&paid) <= room
        && paid.len() <= limits.count.map_or(usize::MAX, |most| most.saturating_sub(forced.len()))
        && limits.exclusive.iter().all(|(a, b)| {
            a == b || !chosen.contains(a) || !chosen.contains(b) || forced.contains(a) && forced.contains(b)
        })
}

fn best(matrix: &Matrix, limits: &Limits) -> f64 {
    let subset = |mask: u32| (0..u32::try_from(matrix.indexes.len()).unwrap()).filter(move |i| mask >> i & 1 == 1);
    let all = (0..1_u32 << matrix.indexes.len()).map(|mask| subset(mask).collect::<Vec<_>>());
    all.filter(|chosen| allowed(matrix, limits, chosen))
        .map(|chosen| matrix.cost(&chosen))
        .fold(f64::INFINITY, f64::min)
}

fn agrees(matrix: &Matrix, limits: &Limits, choice: &Choice) -> Result<(), TestCaseError> {
    let best = best(matrix, limits);
    prop_assert!(allowed(matrix, limits, &choice.chosen), "{choice:?}");
    prop_assert!(choice.chosen.is_sorted_by(|a, b| a < b));
    prop_assert_eq!(matrix.cost(&choice.chosen), choice.cost);
    prop_assert_eq!(choice.cost, best);
    prop_assert!(choice.bound <= choice.cost);
    prop_assert!(best.is_infinite() || best - choice.bound <= 1e-6, "best {best}, bound {}", choice.bound);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_choice_is_the_best_of_all_subsets(matrix in matrix(), limits in limits()) {
        agrees(&matrix, &limits, &solve(&matrix, &limits))?;
    }

    #[test]
    fn it_does_not_matter_where_it_starts(matrix in matrix(), limits in limits(), start in prop::collection::vec(0..9_u32, 0..6)) {
        agrees(&matrix, &limits, &solve_from(&matrix, &limits, &start, &mut |_| true))?;
    }

    #[test]
    fn whenever_it_ends_the_bound_holds(matrix in matrix(), limits in limits(), told in 0..3_usize) {
        let mut left = told;
        let mut last = f64::INFINITY;
        let choice = solve_with(&matrix, &limits, &mut |choice| {
            assert!(choice.cost <= last && choice.bound <= choice.cost);
            last = choice.cost;
            left = left.saturating_sub(1);
            left > 0
        });
        let best = best(&matrix, &limits);
        prop_assert!(allowed(&matrix, &limits, &choice.chosen));
        prop_assert_eq!(matrix.cost(&choice.chosen), choice.cost);
        prop_assert!(choice.bound <= best && best <= choice.cost);
        let scale = if choice.bound > 0.0 { best } else { choice.cost.abs() };
        let true_gap = if choice.cost > best { (choice.cost - best) / scale } else { 0.0 };
        prop_assert!(choice.gap() >= true_gap);
    }
}

/// `pairs` queries, each of which gains only by its two indexes together, and one index that is good for its size alone.
fn in_pairs(pairs: u32) -> Matrix {
    let item = |bytes| Item { bytes, upkeep: 0.0 };
    let indexes = (0..2 * pairs).map(|_| item(10)).chain([item(1)]).collect();
    let pair =
        |at: u32| Choices { base: 100.0, options: vec![(vec![2 * at, 2 * at + 1], 1.0), (vec![2 * pairs], 95.0)] };
    Matrix { indexes, queries: (0..pairs).map(pair).collect() }
}

#[test]
fn indexes_that_help_only_together_are_found() {
    let limits = Limits { bytes: Some(60), ..Limits::default() };
    let choice = solve(&in_pairs(10), &limits);
    assert_eq!((choice.chosen.len(), choice.cost), (6, 703.0));
    assert!(choice.gap() < 1e-9);
}

#[test]
fn what_does_no_good_is_not_chosen() {
    let matrix = Matrix {
        indexes: vec![Item { bytes: 5, upkeep: 0.0 }; 3],
        queries: vec![Choices { base: 9.0, options: vec![(vec![0], 4.0), (vec![1], 2.0), (vec![1, 2], 2.0)] }],
    };
    assert_eq!(solve(&matrix, &Limits::default()).chosen, [1]);
}
