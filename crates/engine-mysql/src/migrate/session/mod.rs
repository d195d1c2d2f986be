//! A session that changes a server: two connections, one that works and one that watches.
//!
//! The working connection holds the lock of migrations and runs every step with its mark in the journal. The watching one
//! sees whether others queue behind the first, and ends its statement then. Both are made again when they are lost: what
//! was under way is then found out from the journal, or, because no DDL is transactional here, from the schema.

pub(in crate::migrate) mod alone;
pub(in crate::migrate) mod backfill;
mod inspect;
mod journal;
pub(in crate::migrate) mod link;
mod listen;
mod lock;
mod mark;
mod patience;
mod plan;
mod program;
mod range;
mod replicas;
mod settle;
pub(in crate::migrate) mod shown;
pub(in crate::migrate) mod switch;
mod transaction;
pub(in crate::migrate) mod trouble;
mod watch;

use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::journal::{Entry, Place, Progressed, Write};
use dbwright_migrate::plan::{Planned, Require, Step, Work};
use dbwright_migrate::port::{Facts, OpenOptions, Remark};
use dbwright_migrate::{Limits, Session, Statement};

use super::lab::Own;
use super::tool::Tools;
use super::tool::account::Reached;
use link::Link;

/// A session on a target.
pub(super) struct MySession {
    address: Address,
    options: OpenOptions,
    facts: Facts,
    /// The database whose migrations these are.
    home: String,
    main: Link,
    watch: Link,
    /// A private server like the target, once it was asked.
    own: Option<Box<Own>>,
    /// How long to wait for the lock when it has to be taken again; none when it was never taken.
    locked: Option<Duration>,
    /// What the file has set for its statements.
    settings: Vec<String>,
    /// Who pulls the changes, and how far they are.
    replicas: replicas::Replicas,
}

/// A step at its place, and what it may do to others: what every way of running it needs.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) place: &'a Place,
    pub(super) step: &'a Step,
    pub(super) limits: &'a Limits,
    pub(super) progress: &'a dyn Progress,
}

impl MySession {
    /// Connects, and makes sure that the target can be changed through this address.
    pub(super) async fn open(
        address: &Address,
        options: &OpenOptions,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        progress.stage("connecting", None);
        let main = Link::open(address, options).await?;
        let watch = Link::open(address, options).await?;
        let home = main.home()?;
        Tools::of(options, Reached::of(address)?)?;
        if !options.read_only {
            main.writable()?;
            Link::unpooled(&main, &watch)?;
        }
        let facts = main.facts();
        let (address, options) = (address.clone(), options.clone());
        Ok(Self {
            address,
            options,
            facts,
            home,
            main,
            watch,
            own: None,
            locked: None,
            settings: Vec::new(),
            replicas: replicas::Replicas::default(),
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
            Work::Program(program) => self.program(job, program).await,
            Work::Verify { require } => self.transaction(job, &[], require, Progressed::Done).await,
        }
    }

    async fn undo_step(&mut self, job: Job<'_>) -> Result<(), Failure> {
        let back = &job.step.back;
        if self.begin(job, Progressed::Undoing).await? {
            return Ok(());
        }
        if let Work::Program(program) = &job.step.work {
            self.program_back(job, program).await
        } else if back.alone {
            self.alone_back(job).await
        } else {
            self.transaction(job, &back.statements, &[], Progressed::Undone).await
        }
    }
}

impl Session for MySession {
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
