//! A session that changes a server: two connections, one that works and one that watches.
//!
//! The working connection holds the advisory lock and runs every step with its mark in the journal. The watching one
//! sees whom the first waits for, how far replicas are, and can cancel what it does. Both are made again when they are
//! lost: what was under way is then found out from the journal.

mod alone;
mod backfill;
mod inspect;
mod journal;
mod link;
mod listen;
mod lock;
mod mark;
mod patience;
mod plan;
mod pulse;
mod range;
mod settle;
mod transaction;
mod trouble;
mod watch;

use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::journal::{Entry, Place, Progressed, Write};
use dbwright_migrate::plan::{Planned, Require, Step, Work};
use dbwright_migrate::port::{Facts, OpenOptions, Remark};
use dbwright_migrate::{Limits, Session, Statement};

use link::Link;
use pulse::Pulse;

/// A server that says nothing for four times as long as a connection may take is given up, but not sooner than this.
const SHORTEST_SILENCE: Duration = Duration::from_secs(4);

/// A session on a target.
pub(super) struct PgSession {
    address: Address,
    options: OpenOptions,
    facts: Facts,
    main: Link,
    watch: Link,
    /// Tells a server that is silent; none where nothing is changed.
    pulse: Option<Pulse>,
    /// How long to wait for the advisory lock when it has to be taken again; none when it was never taken.
    locked: Option<Duration>,
    /// What the file has set for its statements.
    settings: Vec<String>,
}

/// A step at its place, and what it may do to others: what every way of running it needs.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) place: &'a Place,
    pub(super) step: &'a Step,
    pub(super) limits: &'a Limits,
    pub(super) progress: &'a dyn Progress,
}

impl PgSession {
    /// Connects, and makes sure that the target can be changed through this address.
    pub(super) async fn open(
        address: &Address,
        options: &OpenOptions,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        progress.stage("connecting", None);
        let main = Link::open(address, options).await?;
        let watch = Link::open(address, options).await?;
        if !options.read_only {
            main.writable()?;
            Link::unpooled(&main, &watch)?;
            main.keeps_its_session(&watch).await?;
        }
        let pulse = (!options.read_only).then(|| Pulse::start((options.connect_timeout * 4).max(SHORTEST_SILENCE)));
        if let Some(pulse) = &pulse {
            pulse.follow(&main, &watch);
        }
        let facts = main.facts();
        Ok(Self {
            address: address.clone(),
            options: options.clone(),
            facts,
            main,
            watch,
            pulse,
            locked: None,
            settings: Vec::new(),
        })
    }

    async fn run_step(&mut self, job: Job<'_>) -> Result<(), Failure> {
        if self.begin(job, Progressed::Running).await? {
            return Ok(());
        }
        match &job.step.work {
            Work::Transaction { statements, require } => {
                self.transaction(job, statements, require, Progressed::Done).await
            }
            Work::Alone { statement, done, clear } => self.alone(job, statement, done, clear).await,
            Work::Backfill(backfill) => self.backfill(job, backfill).await,
            Work::Program(_) => Err(Failure::internal("migrate.no-plan", "PostgreSQL's plans start no programs")),
            Work::Verify { require } => self.transaction(job, &[], require, Progressed::Done).await,
        }
    }

    async fn undo_step(&mut self, job: Job<'_>) -> Result<(), Failure> {
        let back = &job.step.back;
        if self.begin(job, Progressed::Undoing).await? {
            return Ok(());
        }
        if back.alone {
            self.alone_back(job).await
        } else {
            self.transaction(job, &back.statements, &[], Progressed::Undone).await
        }
    }
}

impl Session for PgSession {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn lock<'a>(&'a mut self, wait: Duration, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.take_lock(wait, progress))
    }

    fn journal(&mut self) -> BoxFuture<'_, Result<Vec<Entry>, Failure>> {
        Box::pin(self.read_journal())
    }

    fn write<'a>(&'a mut self, writes: &'a [Write]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.write_journal(writes))
    }

    fn plan<'a>(&'a mut self, statements: &'a [Statement]) -> BoxFuture<'a, Result<Vec<Planned>, Failure>> {
        Box::pin(self.plan_statements(statements))
    }

    fn prepare<'a>(&'a mut self, settings: &'a [String]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.set_up(settings))
    }

    fn run<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.run_step(Job { place, step, limits, progress }))
    }

    fn back<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.undo_step(Job { place, step, limits, progress }))
    }

    fn ask<'a>(&'a mut self, questions: &'a [Require]) -> BoxFuture<'a, Result<Vec<Require>, Failure>> {
        Box::pin(self.ask_all(questions))
    }

    fn settle<'a>(&'a mut self, limits: &'a Limits, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.wait_until_well(limits, progress))
    }

    fn inspect(&mut self) -> BoxFuture<'_, Result<Vec<Remark>, Failure>> {
        Box::pin(self.remarks())
    }
}
