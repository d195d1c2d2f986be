//! From which size on a step becomes dangerous: a straight line through two sizes.

use super::report::{Danger, Pass, StepRun};
use super::stage::Stops;
use super::whole;

/// What a lock may last that others wait for.
const LIMIT_MS: f64 = 1_000.0;
/// Growth that is told from noise: between two sizes the time grows by this much, and at least by half.
const GROWTH_MS: f64 = 30.0;

/// Steps whose locks last longer with more rows, or too long already.
pub(super) fn dangers(passes: &[Pass], target_rows: Option<u64>, stops: impl Fn(&str) -> Stops) -> Vec<Danger> {
    let mut passes: Vec<&Pass> = passes.iter().collect();
    passes.sort_by_key(|pass| rows(pass));
    let Some(large) = passes.last() else { return Vec::new() };
    let small = passes.first().filter(|small| rows(small) < rows(large));
    let same = |a: &StepRun, b: &StepRun| (&a.version, a.statement, a.step) == (&b.version, b.statement, b.step);
    let danger = |step: &StepRun| {
        let (relation, mode, ms) = worst(step, &stops)?;
        let before = small.and_then(|small| small.steps.iter().find(|one| same(one, step)));
        let before = before.and_then(|before| Some((worst(before, &stops).map_or(0.0, |(_, _, ms)| ms), rows(small?))));
        let (per_million, from) = crossing((ms, rows(large)), before)?;
        let who = if stops(&mode) == Stops::Everybody { "readers and writers" } else { "writers" };
        Some(Danger {
            version: step.version.clone(),
            title: step.title.clone(),
            what: format!("{mode} on {relation} stops {who}"),
            ms_per_million: per_million,
            rows: from,
            target_rows,
        })
    };
    large.steps.iter().filter_map(danger).collect()
}

/// The lock that stops others the longest.
fn worst(step: &StepRun, stops: &impl Fn(&str) -> Stops) -> Option<(String, String, f64)> {
    // Of a lock that nobody saw it is only known that it was short.
    let held = step.locks.iter().filter(|held| held.times > 0 && stops(&held.mode) != Stops::Nobody);
    let held = held.map(|held| (held.relation.clone(), held.mode.clone(), held.longest_ms));
    held.max_by(|a, b| a.2.total_cmp(&b.2))
}

/// Milliseconds for each million rows, and the rows from which it is too long; none when it does not grow.
fn crossing(large: (f64, u64), small: Option<(f64, u64)>) -> Option<(f64, u64)> {
    let (ms, at) = large;
    // One size says nothing of how a short time grows.
    if small.is_none() && ms < LIMIT_MS {
        return None;
    }
    let (small_ms, small_at) = small.unwrap_or((0.0, 0));
    let grown = ms - small_ms;
    if at <= small_at || (ms < LIMIT_MS && (grown < GROWTH_MS || grown < 0.5 * ms)) {
        return None;
    }
    let slope = grown / (at - small_at) as f64;
    let from = if slope > 0.0 { at as f64 + (LIMIT_MS - ms) / slope } else { at as f64 };
    Some((slope * 1e6, whole(from.max(0.0))))
}

/// Rows of the largest touched table.
fn rows(pass: &Pass) -> u64 {
    pass.tables.iter().map(|table| table.rows).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::crossing;

    #[test]
    fn a_line_through_two_sizes_says_where_a_second_is_reached() {
        // 100 ms at 100,000 rows and 400 ms at 400,000: a second at a million.
        assert_eq!(crossing((400.0, 400_000), Some((100.0, 100_000))), Some((1000.0, 1_000_000)));
        assert_eq!(crossing((12.0, 400_000), Some((8.0, 100_000))), None);
        assert_eq!(crossing((60.0, 8_000), None), None);
        assert_eq!(crossing((2000.0, 1_000_000), None).map(|(_, rows)| rows), Some(500_000));
    }
}
