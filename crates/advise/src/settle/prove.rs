//! The chosen set against today's, and each index against its absence, by turns.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_core::proof::Experiment;

use super::bench::{Bench, TICK, differ};
use super::choose::SLOWER;
use super::leaving::Leaving;
use crate::port::{Run, Shape, Timing};

/// Runs of each side beside the first.
const RUNS: u32 = 2;
/// How often a bad result is measured again before it is believed.
const DOUBTS: usize = 2;
/// Longest run in ms.
const LONGEST: f64 = 300_000.0;
/// A gain below this share of the time is none.
const GAIN: f64 = 0.02;

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Times of each query before and after, by its position.
    pub(super) times: HashMap<usize, (Vec<f64>, Vec<f64>)>,
    /// Experiments with and without one index, by its position in the pool.
    pub(super) proofs: HashMap<usize, Experiment>,
    /// Queries that use an index, by its position, and how many ms each gains by it.
    pub(super) uses: HashMap<usize, Vec<(usize, f64)>>,
    /// Why an index was taken back.
    pub(super) reasons: HashMap<usize, String>,
    /// What the reader should know.
    pub(super) notes: Vec<String>,
    /// The plan of each query that was measured last, by its position: its hash, and the built indexes that it uses.
    plans: HashMap<usize, (u64, Vec<usize>)>,
}

impl Verdict {
    /// Whether a query was measured to be slower than it may be.
    pub(super) fn is_slower(&self, query: usize) -> bool {
        self.times.get(&query).is_some_and(|(before, after)| slower(before, after))
    }

    /// Medians of a query's times.
    pub(super) fn medians(&self, query: usize) -> Option<(f64, f64)> {
        let (before, after) = self.times.get(&query)?;
        Some((median(before)?, median(after)?))
    }
}

fn slower(before: &[f64], after: &[f64]) -> bool {
    let Some(experiment) = Experiment::of(before, after, "ms", "") else { return false };
    let lost = experiment.after - experiment.before;
    experiment.after > experiment.before * SLOWER && lost > experiment.spread.max(TICK)
}

pub(super) fn median(ms: &[f64]) -> Option<f64> {
    let mut sorted = ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

/// The positions in a set.
pub(super) fn members(set: &[bool]) -> Vec<usize> {
    (0..set.len()).filter(|at| set[*at]).collect()
}

/// Measures every query with the set and without, and learns the times. Whether anything is slower than it may be.
pub(super) async fn verify(
    bench: &mut Bench<'_>,
    set: &[bool],
    leaving: &Leaving,
    verdict: &mut Verdict,
) -> Result<bool, Failure> {
    bench.progress.stage("measuring the advice against today's indexes", Some(bench.cases.len() as u64));
    let (with, without) = (members(set), leaving.under(set));
    let mut harmed = false;
    for at in 0..bench.cases.len() {
        bench.progress.step(at as u64);
        if bench.progress.cancelled() {
            return Ok(false);
        }
        let query = bench.cases[at].query;
        let (before, after) = (bench.run(query, &[], &[]), bench.run(query, &with, &without));
        let shapes = bench.measurer.plans(&[before.clone(), after.clone()]).await?;
        let [Ok(today), Ok(then)] = shapes.as_slice() else { continue };
        if verdict.plans.get(&query) == Some(&(then.hash, then.used.clone())) {
            harmed |= verdict.is_slower(query);
            continue;
        }
        if today.hash == then.hash && then.used.is_empty() {
            // The same plan takes the same time.
            let base = bench.cases[at].base;
            verdict.times.insert(query, (vec![base], vec![base]));
            continue;
        }
        let Some(both) = convincing(bench, (before, after), |both| !slower(&both.0.ms, &both.1.ms)).await? else {
            continue;
        };
        let (before, after) = both;
        if differ(before.result, after.result) {
            differs(bench, query, &then.used, verdict);
        }
        learn(bench, at, then.clone(), &with, (&before, &after));
        harmed |= slower(&before.ms, &after.ms) || differ(before.result, after.result);
        verdict.plans.insert(query, (then.hash, then.used.clone()));
        verdict.times.insert(query, (before.ms, after.ms));
    }
    Ok(harmed)
}

type Both = (Timing, Timing);

/// Both sides by turns, again and again while the result is bad: what goes against an index must not rest on a moment in
/// which the machine was busy.
async fn convincing(
    bench: &Bench<'_>,
    (before, after): (Run, Run),
    good: impl Fn(&Both) -> bool,
) -> Result<Option<Both>, Failure> {
    let Some(mut both) = pair(bench, before.clone(), after.clone()).await? else { return Ok(None) };
    for _ in 0..DOUBTS {
        if good(&both) || bench.progress.cancelled() {
            break;
        }
        let Some(again) = pair(bench, before.clone(), after.clone()).await? else { break };
        both.0.ms.extend(again.0.ms);
        both.1.ms.extend(again.1.ms);
    }
    Ok(Some(both))
}

/// Both sides by turns; none when a side can't be run.
async fn pair(bench: &Bench<'_>, before: Run, after: Run) -> Result<Option<(Timing, Timing)>, Failure> {
    let timings = bench.measurer.run(&[before, after], RUNS, LONGEST, bench.progress).await?;
    let mut timings = timings.into_iter();
    let (Some(Ok(mut before)), Some(Ok(mut after))) = (timings.next(), timings.next()) else { return Ok(None) };
    for side in [&mut before, &mut after] {
        // The statement ran just before: its first round is as good as the others, and a median bears one that is not.
        if let Some(first) = side.first.filter(|_| !side.cut && !side.ms.is_empty()) {
            side.ms.insert(0, first);
        }
    }
    Ok((!before.ms.is_empty() && !after.ms.is_empty()).then_some((before, after)))
}

/// Other rows than before: an index is to blame unless the statement itself leaves open which rows it returns.
fn differs(bench: &Bench<'_>, query: usize, used: &[usize], verdict: &mut Verdict) {
    let open = bench.queries[query].usage.tables.iter().any(|table| table.limited)
        || bench.queries[query].sql.to_ascii_lowercase().contains("limit");
    if open {
        verdict.notes.push(format!(
            "statement {} returned other rows with the new indexes: it limits rows whose order it leaves open",
            query + 1
        ));
        return;
    }
    for at in used {
        verdict.reasons.insert(*at, format!("statement {} returned another result with it", query + 1));
    }
}

/// Better knowledge of the times of two plans.
fn learn(bench: &mut Bench<'_>, case: usize, then: Shape, with: &[usize], (before, after): (&Timing, &Timing)) {
    let case = &mut bench.cases[case];
    if let Some(ms) = median(&before.ms) {
        case.base = ms;
        case.atoms[0].ms = Some(ms);
    }
    let at = case.know(then, with.to_vec());
    if let (true, Some(ms)) = (at > 0, median(&after.ms)) {
        case.atoms[at].ms = Some(ms);
        case.atoms[at].cut = after.cut;
    }
}

/// Measures each index of the set against its absence: the queries that use it. What gains nothing leaves the set.
pub(super) async fn each(
    bench: &Bench<'_>,
    set: &mut [bool],
    leaving: &Leaving,
    verdict: &mut Verdict,
) -> Result<(), Failure> {
    let mut order = members(set);
    // The least useful first: what serves in its place may be needed for the others.
    order.sort_by(|a, b| worth(bench, set, *a).total_cmp(&worth(bench, set, *b)));
    bench.progress.stage("measuring each index against its absence", Some(order.len() as u64));
    for (nth, at) in order.into_iter().enumerate() {
        bench.progress.step(nth as u64);
        if bench.progress.cancelled() {
            return Ok(());
        }
        let mut one = alone(bench, set, at, leaving).await?;
        if one.as_ref().is_some_and(|(experiment, _)| !experiment.gains(GAIN)) {
            // An index must fail twice: one noisy measurement is no reason.
            one = alone(bench, set, at, leaving).await?;
        }
        if bench.progress.cancelled() {
            return Ok(());
        }
        match one {
            None => {
                set[at] = false;
                verdict.reasons.insert(at, "no statement uses it in the copy".to_owned());
            }
            Some((experiment, uses)) => {
                if !experiment.gains(GAIN) {
                    set[at] = false;
                    verdict.reasons.insert(at, nothing(&experiment));
                }
                verdict.proofs.insert(at, experiment);
                verdict.uses.insert(at, uses);
            }
        }
    }
    Ok(())
}

/// What the workload is believed to lose without an index.
fn worth(bench: &Bench<'_>, set: &[bool], at: usize) -> f64 {
    let mut less = set.to_vec();
    less[at] = false;
    bench.cases.iter().map(|case| case.counts(case.ms(&less)) - case.counts(case.ms(set))).sum()
}

fn nothing(experiment: &Experiment) -> String {
    let (before, after) = (experiment.before, experiment.after);
    if after > before * SLOWER {
        format!(
            "the statements that use it take {after:.1} ms with it and {before:.1} ms without: the planner is misled"
        )
    } else {
        format!(
            "the statements that use it take {after:.1} ms with it and {before:.1} ms without: no gain beyond the spread of {:.1} ms",
            experiment.spread
        )
    }
}

type Alone = Option<(Experiment, Vec<(usize, f64)>)>;

/// The queries that use an index, with it and without; none when no query does.
async fn alone(bench: &Bench<'_>, set: &[bool], at: usize, leaving: &Leaving) -> Result<Alone, Failure> {
    let with = members(set);
    let without = leaving.under(set);
    // What it replaces stays where it is absent.
    let mut others = set.to_vec();
    others[at] = false;
    let (less, stays) = (members(&others), leaving.under(&others));
    let all: Vec<Run> = bench.cases.iter().map(|case| bench.run(case.query, &with, &without)).collect();
    let shapes = bench.measurer.plans(&all).await?;
    let users =
        bench.cases.iter().zip(shapes).filter(|(_, shape)| shape.as_ref().is_ok_and(|one| one.used.contains(&at)));
    let (mut slow, mut fast, mut uses) = (Vec::new(), Vec::new(), Vec::new());
    let mut weights = 0.0;
    for (case, _) in users {
        let (before, after) = (bench.run(case.query, &less, &stays), bench.run(case.query, &with, &without));
        let faster = |both: &Both| median(&both.1.ms) < median(&both.0.ms);
        let Some((before, after)) = convincing(bench, (before, after), faster).await? else { continue };
        if let (Some(one), Some(other)) = (median(&before.ms), median(&after.ms)) {
            uses.push((case.query, (one - other) * case.weight));
        }
        add(&mut slow, &before.ms, case.weight);
        add(&mut fast, &after.ms, case.weight);
        weights += case.weight;
    }
    // The mean of one call, so that the figures mean something.
    slow.iter_mut().chain(&mut fast).for_each(|sum| *sum /= weights.max(f64::MIN_POSITIVE));
    uses.sort_by(|a, b| b.1.total_cmp(&a.1));
    let experiment = Experiment::of(&slow, &fast, "ms", "");
    Ok(experiment.map(|experiment| (experiment, uses)))
}

/// Adds the times of a query to those of the others, round by round; who was run less often is filled up by its median.
fn add(sums: &mut Vec<f64>, ms: &[f64], weight: f64) {
    let rounds = sums.len().max(ms.len());
    let (own, others) = (median(ms).unwrap_or_default(), median(sums).unwrap_or_default());
    sums.resize(rounds, others);
    for (nth, sum) in sums.iter_mut().enumerate() {
        *sum += ms.get(nth).copied().unwrap_or(own) * weight;
    }
}
