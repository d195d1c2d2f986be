//! A session whose steps are watched: what the runner does through it is exactly what it would do on the target.

use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_core::{BoxFuture, Failure};

use super::app::AppQueries;
use super::load::Load;
use super::report::StepRun;
use super::stage::Watch;
use crate::journal::{Entry, Place, Write};
use crate::plan::{Phase, Planned, Require, Step};
use crate::port::{Facts, Remark};
use crate::{Limits, Session, Statement};

/// Watches another session.
pub(super) struct Traced<'a> {
    pub(super) inner: Box<dyn Session>,
    pub(super) watch: Box<dyn Watch>,
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
        self.watch.begin().await?;
        let from = self.load.now();
        let done = self.inner.run(place, step, limits, progress).await;
        let seen = self.watch.end(step).await?;
        let failed = self.load.failed_between(from, self.load.now());
        self.runs.push(StepRun {
            version: place.version.clone(),
            statement: place.statement,
            step: place.step,
            title: step.title.clone(),
            phase: step.phase,
            ms: seen.ms,
            locks: seen.locks,
            waited_ms: seen.waited_ms,
            blocked: seen.blocked,
            failed,
            rewritten: seen.rewritten,
            wal_bytes: seen.wal_bytes,
            temp_bytes: seen.temp_bytes,
            error: done.as_ref().err().map(|failure| failure.message.clone()),
        });
        if let (Some(app), true) = (&mut self.app, done.is_ok()) {
            app.after(&step.title).await?;
        }
        done
    }
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

    fn prepare<'a>(&'a mut self, settings: &'a [String]) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.prepare(settings)
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
