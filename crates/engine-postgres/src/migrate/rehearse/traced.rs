//! A session whose steps are watched: what the runner does through it is exactly what it would do on the target.

use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::journal::{Entry, Place, Write};
use dbwright_migrate::plan::{Phase, Planned, Require, Step};
use dbwright_migrate::port::{Facts, Remark};
use dbwright_migrate::rehearse::{LockHeld, StepRun, Waits};
use dbwright_migrate::{Limits, Session, Statement};

use super::app::AppQueries;
use super::exact::{Exact, SCHEMA};
use super::load::Load;
use super::trace::{LockMode, Look, Trace, Tracer};

/// Watches another session.
pub(super) struct Traced<'a> {
    pub(super) inner: Box<dyn Session>,
    pub(super) tracer: &'a Tracer,
    pub(super) exact: Exact,
    pub(super) load: &'a Load,
    pub(super) app: Option<AppQueries>,
    /// What each step did, in order.
    pub(super) runs: Vec<StepRun>,
    /// Whether steps are watched; the second time through only those of the contract phase are.
    pub(super) only: Option<Phase>,
}

impl Traced<'_> {
    async fn watched(
        &mut self,
        place: &Place,
        step: &Step,
        limits: &Limits,
        progress: &dyn Progress,
    ) -> Result<(), Failure> {
        self.exact.begin().await?;
        self.tracer.cut().await?;
        let from = self.load.now();
        let done = self.inner.run(place, step, limits, progress).await;
        let trace = self.tracer.cut().await?;
        let to = self.load.now();
        let exact = self.exact.end().await?;
        let failed = self.load.failed_between(from, to);
        let error = done.as_ref().err().map(|failure| failure.message.clone());
        self.runs.push(StepRun {
            version: place.version.clone(),
            statement: place.statement,
            step: place.step,
            title: step.title.clone(),
            phase: step.phase,
            ms: trace.ms,
            locks: locks(&trace, exact),
            waited_ms: trace.waited_ms,
            blocked: Waits {
                longest_ms: trace.blocked.longest_ms,
                total_ms: trace.blocked.total_ms,
                most: trace.blocked.most,
                queue: trace.blocked.queue,
            },
            failed,
            rewritten: trace.rewritten.into_iter().map(|(name, _)| name).filter(|name| !is_ours(name)).collect(),
            wal_bytes: trace.wal_bytes,
            temp_bytes: trace.temp_bytes,
            error,
        });
        if let (Some(app), true) = (&mut self.app, done.is_ok()) {
            app.after(&step.title).await?;
        }
        done
    }
}

fn is_ours(relation: &str) -> bool {
    relation.starts_with("dbwright.") || relation.strip_prefix(SCHEMA).is_some_and(|rest| rest.starts_with('.'))
}

/// What was looked at and what was noted, together: a lock that no look saw lasted no longer than the time between two.
fn locks(trace: &Trace, exact: impl IntoIterator<Item = (String, LockMode)>) -> Vec<LockHeld> {
    let table = |kind: char| matches!(kind, 'r' | 'p' | 'm' | 'v' | 'f');
    let held = trace.locks.iter().filter(|held| held.was_there && table(held.kind) && !is_ours(&held.relation));
    let mut all: Vec<(LockMode, LockHeld)> = held
        .map(|held| {
            let (relation, mode) = (held.relation.clone(), held.mode.words().to_owned());
            (held.mode, LockHeld { relation, mode, longest_ms: held.longest_ms, times: held.times })
        })
        .collect();
    let unseen_ms = (Look::default().every.as_secs_f64() * 2000.0).min(trace.ms);
    for (relation, mode) in exact {
        if !all.iter().any(|(seen, held)| *seen == mode && held.relation == relation) {
            let held = LockHeld { relation, mode: mode.words().to_owned(), longest_ms: unseen_ms, times: 1 };
            all.push((mode, held));
        }
    }
    all.sort_by(|(a, one), (b, other)| one.relation.cmp(&other.relation).then_with(|| b.cmp(a)));
    all.into_iter().map(|(_, held)| held).collect()
}

impl Session for Traced<'_> {
    fn facts(&self) -> &Facts {
        self.inner.facts()
    }

    fn lock<'a>(&'a mut self, wait: Duration, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.lock(wait, progress)
    }

    fn journal(&mut self) -> BoxFuture<'_, Result<Vec<Entry>, Failure>> {
        self.inner.journal()
    }

    fn write<'a>(&'a mut self, writes: &'a [Write]) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.write(writes)
    }

    fn plan<'a>(&'a mut self, statements: &'a [Statement]) -> BoxFuture<'a, Result<Vec<Planned>, Failure>> {
        self.inner.plan(statements)
    }

    fn run<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            if self.only.is_none_or(|phase| phase == step.phase) {
                self.watched(place, step, limits, progress).await
            } else {
                self.inner.run(place, step, limits, progress).await
            }
        })
    }

    fn back<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.back(place, step, limits, progress)
    }

    fn ask<'a>(&'a mut self, questions: &'a [Require]) -> BoxFuture<'a, Result<Vec<Require>, Failure>> {
        self.inner.ask(questions)
    }

    fn settle<'a>(&'a mut self, limits: &'a Limits, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.settle(limits, progress)
    }

    fn inspect(&mut self) -> BoxFuture<'_, Result<Vec<Remark>, Failure>> {
        self.inner.inspect()
    }
}
