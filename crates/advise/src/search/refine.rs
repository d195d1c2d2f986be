//! The loop: choose on the matrix, ask for the truth about the choice, look around it, until nothing changes.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use dbwright_core::Failure;

use super::clock::Clock;
use super::curve;
use super::matrix::Model;
use super::oracle::{Fact, Oracle, Question};
use super::pool;
use super::probe::{self, Measure};
use super::shelf::Shelf;
use super::space::{CandidateId, Space};
use crate::advice::CurvePoint;
use crate::port::WhatIf;
use crate::solve::{self, Choice, Limits};
use crate::weights::Weights;

/// Most rounds of choosing and asking.
const ROUNDS: usize = 40;
/// Most candidates of other queries that are shown to a query's planner at once: planning takes longer with each.
const FOREIGN: usize = 96;
/// Rounds in which guesses are made.
const GUESSING: usize = 16;
/// A cost that exceeds the guessed one by more than this share shows that the guess was wrong.
const WRONG: f64 = 0.001;
/// What is left of the trust in a query's guesses after a wrong one.
const DOUBT: f64 = 0.6;
/// A round that can bring no more than this share of the cost counts as one that learnt nothing.
const PROMISING: f64 = 1e-4;
/// How much longer than to the first quiet rounds the search goes on while it finds better sets, and at least how long.
const MORE: f64 = 0.6;
const SOON: Duration = Duration::from_secs(3);
/// A choice that promises no more than this share over the best is not looked at when the rounds are over.
const CONFIRMED: f64 = 1e-5;
/// Queries that are taken to share what an index costs, when one of them looks for what could pay.
const SHARED: f64 = 3.0;
/// Longest time of one choice inside the loop; the last one may take longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// A choice that took longer than this may end with a gap.
const MOMENT: Duration = Duration::from_millis(200);
/// The gap with which it may end.
const NEARLY: f64 = 0.003;

/// Time of the choices that are made even when no time is left.
const LAST: Duration = Duration::from_secs(1);

/// A search under way.
pub(crate) struct Search<'a> {
    /// Where plans are made.
    pub(crate) whatif: &'a dyn WhatIf,
    /// The candidates.
    pub(crate) space: Space<'a>,
    /// What plans told.
    pub(crate) oracle: Oracle<'a>,
    /// What weighs how much.
    pub(crate) weights: Weights,
    /// What limits the choice.
    pub(crate) limits: Limits,
    /// For each query, the share of a guessed gain that is believed.
    pub(crate) trust: Vec<f64>,
    /// What queries were offered in earlier rounds.
    pub(crate) shelf: Shelf,
    /// When to stop.
    pub(crate) clock: &'a Clock<'a>,
}

/// What a search found.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The choice.
    pub(crate) chosen: Vec<CandidateId>,
    /// Cost of each query with it, by real plans.
    pub(crate) costs: Vec<f64>,
    /// Weighted cost and upkeep of it.
    pub(crate) cost: f64,
    /// No combination in the last matrix costs less.
    pub(crate) bound: f64,
    /// No combination of all candidates costs less, at any budget.
    pub(crate) floor: f64,
    /// Best cost for growing budgets.
    pub(crate) curve: Vec<CurvePoint>,
    /// What was nearly chosen, the best first.
    pub(crate) runners_up: Vec<CandidateId>,
    /// Whether time or the user ended it.
    pub(crate) stopped: bool,
}

impl Search<'_> {
    /// Searches. The views of the space hold the queries' own candidates.
    pub(crate) async fn run(mut self) -> Result<(Self, Outcome), Failure> {
        self.look().await?;
        let mut best = Outcome { costs: self.bases(), cost: self.weigh(&[], &self.bases()), ..Outcome::default() };
        let (mut seen, mut round) = (HashSet::new(), 0);
        let (began, mut until) = (Instant::now(), None);
        loop {
            self.rounds(&mut best, &mut round, &mut seen, until).await?;
            let until = *until.get_or_insert_with(|| Instant::now() + began.elapsed().mul_f64(MORE).max(SOON));
            if self.clock.over() {
                self.last_choice(&mut best).await?;
            }
            self.prune(&mut best).await?;
            round += 1;
            if round >= ROUNDS || Instant::now() > until || !self.confirm(&mut best, &mut seen).await? {
                break;
            }
        }
        let stopped = self.clock.over();
        if self.limits.bytes.is_none() {
            self.thin(&mut best).await?;
        }
        best.stopped = stopped;
        let model = self.model(false);
        self.finish(&model, &mut best);
        Ok((self, best))
    }

    /// Rounds, until two have learnt nothing, or until a moment.
    async fn rounds(
        &mut self,
        best: &mut Outcome,
        round: &mut usize,
        seen: &mut HashSet<Vec<CandidateId>>,
        until: Option<Instant>,
    ) -> Result<(), Failure> {
        let mut quiet = 0;
        let late = || until.is_some_and(|until| Instant::now() > until);
        while *round < ROUNDS && quiet < 2 && !self.clock.over() && !late() {
            self.clock.progress.stage(&format!("choosing, round {}", *round + 1), None);
            // In turns with guesses, which find what plans have not shown yet, and without, which can't be wrong.
            let guessing = round.is_multiple_of(2) && *round < GUESSING;
            let learnt = self.round(best, guessing, seen).await?;
            quiet = if learnt { 0 } else { quiet + 1 };
            *round += 1;
        }
        Ok(())
    }

    /// Chooses, asks for the truth about the choice and for what is near it. Whether anything new was seen that could matter.
    async fn round(
        &mut self,
        best: &mut Outcome,
        guessing: bool,
        seen: &mut HashSet<Vec<CandidateId>>,
    ) -> Result<bool, Failure> {
        let model = self.model(guessing);
        let choice = self.solve(&model);
        let chosen = model.named(&choice.chosen);
        let fresh = !seen.contains(&chosen);
        let promising = choice.bound < best.cost * (1.0 - PROMISING);
        self.settle(best, &model, &choice, &chosen).await?;
        let around = !guessing && fresh && self.around(&model, &choice, &chosen).await?;
        seen.insert(chosen);
        Ok(promising && (fresh || around))
    }

    /// Prices what the last plans allow: they may have shown a better choice than the one that they were about. Whether there
    /// was one.
    async fn confirm(&mut self, best: &mut Outcome, seen: &mut HashSet<Vec<CandidateId>>) -> Result<bool, Failure> {
        let model = self.model(false);
        let choice = self.solve(&model);
        let chosen = model.named(&choice.chosen);
        if self.clock.over() || choice.cost >= best.cost * (1.0 - CONFIRMED) || !seen.insert(chosen.clone()) {
            return Ok(false);
        }
        self.settle(best, &model, &choice, &chosen).await?;
        self.around(&model, &choice, &chosen).await?;
        Ok(true)
    }

    /// Takes out of the best choice what gains nothing by real plans: a plan that was expected is sometimes not made.
    async fn prune(&mut self, best: &mut Outcome) -> Result<(), Failure> {
        for candidate in best.chosen.clone() {
            let without = best.chosen.iter().copied().filter(|c| *c != candidate).collect();
            let without = self.priced(without).await?;
            if without.cost <= best.cost {
                *best = without;
            }
        }
        Ok(())
    }

    /// What a choice costs by real plans.
    pub(super) async fn priced(&mut self, chosen: Vec<CandidateId>) -> Result<Outcome, Failure> {
        let queries = 0..self.space.queries.len();
        let questions: Vec<Question> = queries.map(|q| (q, self.space.seen(q, &chosen))).collect();
        let answers = self.oracle.ask(&self.space, &questions, self.clock).await?;
        let costs = self.costs(&questions, &answers);
        let cost = self.weigh(&chosen, &costs);
        Ok(Outcome { chosen, costs, cost, ..Outcome::default() })
    }

    /// The first look: each query's own candidates, then those of the others.
    async fn look(&mut self) -> Result<(), Failure> {
        let queries = self.space.queries.len();
        self.clock.progress.stage("pricing candidates", Some(queries as u64));
        let starts = self.starts();
        self.down(starts).await?;
        let useful = pool::useful(&self.oracle, &self.space, &self.weights);
        let merged = pool::merge(&mut self.space, self.whatif, &useful).await?;
        let open: Vec<_> = (0..queries).map(|q| probe::gains(&self.oracle, q, self.oracle.least(q))).collect();
        let mut candidates: Vec<_> = useful.into_keys().collect();
        candidates.extend(merged);
        let shown = pool::share(&mut self.space, &candidates, &open);
        let foreign = shown.into_iter().map(|(q, places)| (q, places.into_iter().take(FOREIGN).collect())).collect();
        self.down(foreign).await
    }

    /// Everything visible, for each query that has candidates.
    fn starts(&self) -> Vec<Question> {
        let views = self.space.views.iter().enumerate();
        views.map(|(q, view)| (q, view.all())).filter(|(_, set)| !set.is_empty()).collect()
    }

    async fn down(&mut self, starts: Vec<Question>) -> Result<(), Failure> {
        let queries: Vec<_> = starts.iter().map(|(q, _)| *q).collect();
        let (space, clock) = (&self.space, self.clock);
        if space.candidates.iter().any(|c| c.estimate.upkeep > 0.0) {
            probe::ladder(&mut self.oracle, space, starts.clone(), Measure::Upkeep, clock).await?;
        }
        probe::ladder(&mut self.oracle, space, starts, Measure::Bytes, clock).await?;
        probe::parts(&mut self.oracle, space, &queries, clock).await
    }

    /// Candidates that help some query, with the weighted gain that they were seen to take part in.
    pub(crate) fn useful(&self) -> Vec<(CandidateId, f64)> {
        let mut useful: Vec<_> = pool::useful(&self.oracle, &self.space, &self.weights).into_iter().collect();
        useful.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        useful
    }

    /// The matrix of all that is known, and guessed.
    fn model(&mut self, guessing: bool) -> Model {
        let trust: Vec<f64> = self.trust.iter().map(|trust| if guessing { *trust } else { 0.0 }).collect();
        self.shelf.refresh(&self.oracle, &self.space, &trust, guessing);
        let mut model = Model::default();
        for query in 0..self.space.queries.len() {
            let offers = self.shelf.offers(query, guessing);
            model.push(&self.space, self.oracle.base(query), &self.weights, offers);
        }
        model
    }

    /// The exact choice on a matrix, within the time that is left.
    pub(crate) fn solve(&self, model: &Model) -> Choice {
        let time = self.clock.left().map_or(PATIENCE, |left| left.min(PATIENCE));
        let limits = Limits { time: Some(time), ..self.limits.clone() };
        self.choice(model, &limits)
    }

    /// A choice of one round: after a moment a nearly proven one is as good, since the next matrix is another.
    fn choice(&self, model: &Model, limits: &Limits) -> Choice {
        let began = Instant::now();
        solve::solve_with(&model.matrix, limits, &mut |choice| {
            !self.clock.over() && (began.elapsed() < MOMENT || choice.gap() > NEARLY)
        })
    }

    /// Asks what a choice really costs, and keeps it when it is the best so far.
    async fn settle(
        &mut self,
        best: &mut Outcome,
        model: &Model,
        choice: &Choice,
        chosen: &[CandidateId],
    ) -> Result<(), Failure> {
        let settled = self.priced(chosen.to_vec()).await?;
        let mut wrong = Vec::new();
        for (query, cost) in settled.costs.iter().enumerate() {
            if self.weights.of(query, cost / (1.0 + WRONG)) > model.cost(query, &choice.chosen) {
                self.trust[query] *= DOUBT;
                wrong.push(query);
            }
        }
        if settled.cost < best.cost {
            *best = settled;
        }
        probe::parts(&mut self.oracle, &self.space, &wrong, self.clock).await
    }

    /// The answers' costs; for what could not be asked, or not any more, the most that earlier plans let it cost.
    fn costs(&self, questions: &[Question], answers: &[Option<Fact>]) -> Vec<f64> {
        let cost = |((query, set), answer): (&Question, &Option<Fact>)| {
            answer.as_ref().map_or_else(|| self.oracle.ceiling(*query, set), |fact| fact.cost)
        };
        questions.iter().zip(answers).map(cost).collect()
    }

    /// The choice by what plans have shown so far, when the time was up before any was made.
    async fn last_choice(&mut self, best: &mut Outcome) -> Result<(), Failure> {
        let model = self.model(false);
        let limits = Limits { time: Some(LAST), ..self.limits.clone() };
        let choice = solve::solve(&model.matrix, &limits);
        let chosen = model.named(&choice.chosen);
        self.settle(best, &model, &choice, &chosen).await
    }

    fn bases(&self) -> Vec<f64> {
        (0..self.space.queries.len()).map(|q| self.oracle.base(q)).collect()
    }

    fn weigh(&self, chosen: &[CandidateId], costs: &[f64]) -> f64 {
        let upkeep: f64 = chosen.iter().map(|c| self.space.candidates[*c as usize].estimate.upkeep).sum();
        self.weights.sum(costs.iter().copied()) + upkeep * self.weights.upkeep
    }

    /// Asks what each query would gain from candidates beside the choice that could be worth their bytes. Whether
    /// anything was learnt.
    async fn around(&mut self, model: &Model, choice: &Choice, chosen: &[CandidateId]) -> Result<bool, Failure> {
        let calls = self.oracle.calls;
        let price = self.price(model, choice);
        let mut questions = Vec::new();
        for query in 0..self.space.queries.len() {
            questions.extend(self.worth(query, chosen, price));
        }
        let answers = self.oracle.ask(&self.space, &questions, self.clock).await?;
        let better: Vec<_> = questions.into_iter().zip(answers).filter_map(|(q, a)| a.map(|_| q)).collect();
        probe::ladder(&mut self.oracle, &self.space, better, Measure::Bytes, self.clock).await?;
        Ok(self.oracle.calls > calls)
    }

    /// What a byte more of budget gains, by the matrix; 0 without a budget.
    fn price(&self, model: &Model, choice: &Choice) -> f64 {
        let Some(bytes) = self.limits.bytes else { return 0.0 };
        let limits = Limits { bytes: Some(bytes / 10 * 11), time: Some(PATIENCE / 2), ..self.limits.clone() };
        let more = self.choice(model, &limits);
        ((choice.cost - more.cost) / (bytes / 10).max(1) as f64).max(0.0)
    }

    /// The choice and all candidates that could pay for themselves by what the query has left to gain.
    fn worth(&self, query: usize, chosen: &[CandidateId], price: f64) -> Option<Question> {
        let seen = self.space.seen(query, chosen);
        let now = self.oracle.known(query, &seen)?.cost;
        let least = self.oracle.least(query);
        if now - least <= now * probe::NOTHING {
            return None;
        }
        let left = self.weights.of(query, now) - self.weights.of(query, least);
        let pays = |place: &usize| {
            let estimate = &self.space.at(query, *place).estimate;
            (estimate.bytes as f64 * price + estimate.upkeep * self.weights.upkeep) < left * SHARED
        };
        let set = self.space.narrowest(query, self.space.views[query].all().iter().filter(pays)).union(&seen);
        (set != seen).then_some((query, set))
    }

    /// Bound, floor, curve and runners-up of the best choice.
    fn finish(&self, model: &Model, best: &mut Outcome) {
        let queries = 0..self.space.queries.len();
        let limits = Limits { time: Some(LAST), ..self.limits.clone() };
        best.bound = solve::solve(&model.matrix, &limits).bound.min(best.cost);
        best.floor = self.weights.sum(queries.clone().map(|q| self.oracle.least(q)));
        if best.stopped {
            // A matrix that was not filled says nothing of what was not asked: only plans with everything visible do.
            best.floor = self.weights.sum(queries.map(|q| self.oracle.floor(q, &self.space.views[q].all())));
            best.bound = best.bound.min(best.floor);
        }
        best.curve = curve::curve(self, model, best);
        best.runners_up = self.useful().into_iter().map(|(c, _)| c).filter(|c| !best.chosen.contains(c)).collect();
    }
}
