//! Lets a copy of the rows decide: what is advised is built, run and compared, and what does not gain is withdrawn.
//!
//! The workload is run as it is; the advised indexes and those that could serve better are built. Each query is run in the
//! plans that single indexes give it, and the set is chosen again by the times, within the budget in true bytes; plans that
//! a choice rests on are run before it is believed. Then the chosen set is measured against today's, by turns; what turned
//! out slower is learnt, and the choice made anew. At last each index is measured alone: the queries that use it, with and
//! without it.

mod bench;
mod case;
mod choose;
mod leaving;
mod pool;
mod prove;
mod report;
mod slim;
mod writes;

use dbwright_core::Failure;
use dbwright_core::progress::Progress;

use self::bench::{Bench, Candidate};
use self::choose::{Choosing, Limits};
use self::leaving::Leaving;
use self::prove::Verdict;
use crate::index::{Index, ObjectName};
use crate::port::{Built, Estimate, Measurer, WhatIf};
use crate::run::{Advised, Options, Weighting};

/// How often the choice is made anew after a measurement.
const ROUNDS: usize = 6;
/// How often a choice is made anew because it rests on plans that were not run yet.
const TRIES: usize = 40;

/// Measures the advice and settles it: indexes that do not gain are withdrawn, others may take their place.
///
/// # Errors
/// When the copy or the what-if side fails. Stopped by the user it keeps what was settled until then.
pub async fn settle(
    advised: &mut Advised,
    measurer: &dyn Measurer,
    what_if: &dyn WhatIf,
    options: &Options,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    if advised.indexes.is_empty() && advised.runners_up.is_empty() {
        return Ok(());
    }
    let queries = std::mem::take(&mut advised.queries);
    let slim = slim::candidates(&queries, what_if, &mut advised.defined).await?;
    let bench =
        Bench { measurer, progress, queries: &queries, pool: Vec::new(), cases: Vec::new(), failed: Vec::new() };
    let leaving = Leaving::of(advised, what_if);
    let settling = Settling { bench, options, leaving, barred: Vec::new(), upkeep: Vec::new() };
    let settled = settling.run(advised, slim, what_if).await;
    let done = match settled {
        Ok(outcome) => report::write(advised, &queries, &outcome, options, measurer, what_if).await,
        Err(failure) => Err(failure),
    };
    advised.queries = queries;
    done
}

/// What the measurement ended with.
struct Outcome {
    pool: Vec<Candidate>,
    /// The chosen set.
    set: Vec<bool>,
    /// What was found out of each index and query.
    verdict: Verdict,
    /// What writers manage, in words, by table.
    writes: Vec<(ObjectName, String)>,
    /// Queries that could not be run.
    failed: Vec<(usize, String)>,
    /// Whether the user stopped it.
    stopped: bool,
}

struct Settling<'a> {
    bench: Bench<'a>,
    options: &'a Options,
    leaving: Leaving,
    barred: Vec<bool>,
    upkeep: Vec<f64>,
}

impl Settling<'_> {
    async fn run(
        mut self,
        advised: &Advised,
        slim: Vec<(Index, Estimate)>,
        what_if: &dyn WhatIf,
    ) -> Result<Outcome, Failure> {
        self.bench.bases().await?;
        self.weigh(advised);
        let Bench { queries, cases, .. } = &self.bench;
        self.bench.pool = pool::choose(advised, slim, queries, cases, what_if, self.options).await?;
        self.bench.build().await?;
        self.bench.explore().await?;
        self.upkeep(advised);
        self.barred = vec![false; self.bench.pool.len()];
        let mut set = self.best().await?;
        let mut verdict = Verdict::default();
        for round in 0..ROUNDS {
            if self.bench.progress.cancelled() {
                break;
            }
            let learnt = prove::verify(&mut self.bench, &set, &self.leaving, &mut verdict).await?;
            self.bar(&verdict, &set);
            let next = if round + 2 < ROUNDS { self.best().await? } else { self.without_harm(&set, &verdict) };
            if !learnt || next == set {
                break;
            }
            set = next;
        }
        set = self.prove_each(set, &mut verdict).await?;
        let stopped = self.bench.progress.cancelled();
        let writes = if stopped { Vec::new() } else { writes::measure(&self.bench, &set).await? };
        let Bench { pool, failed, .. } = self.bench;
        Ok(Outcome { pool, set, verdict, writes, failed, stopped })
    }

    /// The best set by times, where every plan that it leads to was run.
    async fn best(&mut self) -> Result<Vec<bool>, Failure> {
        self.bench.progress.stage("choosing by measured times", None);
        let mut set = self.choose();
        for _ in 0..TRIES {
            if !self.bench.try_out(&set).await? {
                break;
            }
            set = self.choose();
        }
        Ok(set)
    }

    /// How much one ms of each query counts.
    fn weigh(&mut self, advised: &Advised) {
        let queries = self.bench.queries;
        for case in &mut self.bench.cases {
            let query = &queries[case.query];
            let calls =
                advised.workload.statements.get(query.statement).map_or(1.0, |statement| statement.calls.max(1e-9));
            case.weight = match self.options.weighting {
                Weighting::Calls => calls * query.share,
                Weighting::Share | Weighting::Factor => query.share / case.base.max(bench::TICK),
            };
            case.by_factor = self.options.weighting == Weighting::Factor;
        }
    }

    /// How much the upkeep of each index counts. It is in the unit of plan costs: what a unit takes is known of the queries.
    fn upkeep(&mut self, advised: &Advised) {
        let cases = &self.bench.cases;
        let cost: f64 = cases.iter().map(|case| case.weight * case.atoms[0].cost).sum();
        let time: f64 = cases.iter().map(|case| case.weight * case.base).sum();
        let rate = if cost > 0.0 { time / cost } else { 0.0 };
        // Without a window the calls and the writes that were counted are not of the same time.
        let rate = if advised.workload.window_s.is_some() { rate } else { 0.0 };
        self.upkeep = self.bench.pool.iter().map(|one| one.upkeep.0 * rate).collect();
    }

    fn choose(&self) -> Vec<bool> {
        let limits = Limits { bytes: self.options.bytes, count: self.options.count };
        let (pool, cases) = (&self.bench.pool, &self.bench.cases);
        Choosing { pool, cases, limits, upkeep: &self.upkeep, barred: &self.barred }.best()
    }

    /// An index under which a query returned something else must not be advised.
    fn bar(&mut self, verdict: &Verdict, set: &[bool]) {
        for (at, barred) in self.barred.iter_mut().enumerate() {
            *barred |= set[at] && verdict.reasons.contains_key(&at);
        }
    }

    /// The set without the indexes whose plans made queries slower.
    fn without_harm(&self, set: &[bool], verdict: &Verdict) -> Vec<bool> {
        let mut left = set.to_vec();
        for case in self.bench.cases.iter().filter(|case| verdict.is_slower(case.query)) {
            case.under(set).used.iter().for_each(|at| left[*at] = false);
        }
        left
    }

    /// Measures each index against its absence, and takes back those that gain nothing.
    async fn prove_each(&mut self, mut set: Vec<bool>, verdict: &mut Verdict) -> Result<Vec<bool>, Failure> {
        let before = set.clone();
        prove::each(&self.bench, &mut set, &self.leaving, verdict).await?;
        if set != before && !self.bench.progress.cancelled() {
            // Others may have taken over: the times that are reported are those of what is left.
            prove::verify(&mut self.bench, &set, &self.leaving, verdict).await?;
        }
        Ok(set)
    }
}

/// Bytes of a built index in the target.
fn true_bytes(built: &Built) -> u64 {
    built.scaled_bytes.max(1)
}
