//! The verbs that change a target: each prints what it will do, asks, does it, and says what became of it.

use dbwright_core::Failure;
use dbwright_core::progress::Progress as _;
use dbwright_migrate::journal::{Entry, State};
use dbwright_migrate::run::{self, Options, Outcome};
use dbwright_migrate::{Migration, Session};
use serde_json::{Value, json};

use super::session::{Copying, Mode};
use super::{confirm, session};
use crate::args::migrate::{Apply, Baseline, Connection, Contract, Dir, Form, Output, Resume, Safety, Throttle, Undo};
use crate::context::Context;
use crate::failure::Exit;
use crate::render::{self, migrate};
use crate::{interrupt, output};

/// What every such verb shares.
struct Job<'a> {
    target: &'a str,
    dir: &'a Dir,
    connection: &'a Connection,
    output: &'a Output,
    yes: bool,
    mode: Mode,
    options: Options,
    tool: Option<String>,
    cx: &'a Context,
}

impl<'a> Job<'a> {
    fn new(
        target: &'a str,
        dir: &'a Dir,
        connection: &'a Connection,
        output: &'a Output,
        yes: bool,
        cx: &'a Context,
    ) -> Self {
        Self { target, dir, connection, output, yes, mode: Mode::Change, options: Options::default(), tool: None, cx }
    }

    fn with(mut self, safety: &Safety, throttle: &Throttle) -> Self {
        self.options = Options {
            allow_blocking: safety.allow_blocking,
            reversible_only: safety.reversible_only,
            ..session::options(throttle)
        };
        self
    }

    async fn open(&self) -> Result<session::Opened, Failure> {
        confirm::possible(self.yes, self.output.format)?;
        let copying = Copying { tool: self.tool.clone(), limits: self.options.limits.clone() };
        session::open(self.target, &self.dir.dir, self.connection, self.mode, &copying, self.cx).await
    }

    /// Prints what will be done, unless a program reads the output.
    fn show(&self, text: &str) -> Result<(), Failure> {
        self.cx.progress.finish();
        if self.output.format == Form::Text { output::write_styled(None, text) } else { Ok(()) }
    }

    async fn agreed(&self, question: &str) -> Result<bool, Failure> {
        let agreed = confirm::ask(self.yes, question).await;
        interrupt::check()?;
        if !agreed {
            anstream::eprintln!("nothing was changed");
        }
        Ok(agreed)
    }

    /// From here on the target is changed: Ctrl-C stops between two steps, and each step is named.
    fn begin(&self) -> interrupt::Patience {
        self.cx.progress.name_steps();
        interrupt::between_steps(self.target)
    }

    /// Says what became of it.
    fn report(
        &self,
        planned: &Value,
        outcome: &Outcome,
        session: &dyn Session,
        notes: &[String],
    ) -> Result<Exit, Failure> {
        self.cx.progress.finish();
        let file = self.output.output.as_deref();
        match self.output.format {
            Form::Json => {
                let notes: Vec<_> = notes.iter().chain(&outcome.notes).collect();
                let whole = json!({"schema_version": 1, "target": session.facts(), "plan": planned,
                    "migrations": outcome.migrations, "notes": notes});
                output::write(file, render::json_of_statements(whole)?.as_bytes())?;
            }
            Form::Text => output::write_styled(file, &migrate::outcome(outcome, self.target, self.cx.width))?,
        }
        Ok(Exit::Clean)
    }
}

/// Applies what is pending.
///
/// # Errors
/// When it can't be planned, is not allowed, or a step fails.
pub(super) async fn apply(args: &Apply, cx: &Context) -> Result<Exit, Failure> {
    let mut job = Job::new(&args.target, &args.dir, &args.connection, &args.output, args.safety.yes, cx)
        .with(&args.safety, &args.throttle);
    job.options.to = args.to.as_deref().map(dbwright_migrate::files::normal);
    job.options.contract = args.contract;
    job.tool.clone_from(&args.copies.copy_tool);
    let mut opened = job.open().await?;
    run::unhindered(&mut *opened.session).await?;
    cx.progress.stage("planning", None);
    let preview = run::preview(&mut *opened.session, &opened.migrations, &job.options).await?;
    cx.progress.finish();
    let facts = opened.session.facts().clone();
    let view = migrate::PlanView { facts: &facts, preview: &preview, notes: &opened.notes, full: false };
    job.show(&migrate::plan(&view, cx.width))?;
    let planned = json!(preview.migrations);
    if preview.migrations.is_empty() {
        return job.report(&planned, &Outcome::default(), &*opened.session, &opened.notes);
    }
    let steps: usize = preview.migrations.iter().flat_map(|m| &m.statements).map(|s| s.steps.len()).sum();
    let what = migrate::counted(steps, "step");
    if !job.agreed(&format!("Carry out {what} on {}?", facts.target)).await? {
        return Ok(Exit::Clean);
    }
    let _patience = job.begin();
    let outcome = run::apply(&mut *opened.session, &opened.migrations, &job.options, &cx.progress).await?;
    job.report(&planned, &outcome, &*opened.session, &opened.notes)
}

/// Goes on with what was interrupted.
///
/// # Errors
/// As [`apply`].
pub(super) async fn resume(args: &Resume, cx: &Context) -> Result<Exit, Failure> {
    let mut job = Job::new(&args.target, &args.dir, &args.connection, &args.output, args.safety.yes, cx)
        .with(&args.safety, &args.throttle);
    job.tool.clone_from(&args.copies.copy_tool);
    let mut opened = job.open().await?;
    let left: Vec<&Entry> = opened.journal.iter().filter(|entry| entry.state.unfinished()).collect();
    let planned = json!(left);
    let text = migrate::left_to_do(&left, opened.session.facts(), cx.width);
    job.show(&text)?;
    if left.is_empty() {
        return job.report(&planned, &Outcome::default(), &*opened.session, &opened.notes);
    }
    if !job.agreed(&format!("Go on with it on {}?", opened.session.facts().target)).await? {
        return Ok(Exit::Clean);
    }
    let _patience = job.begin();
    let outcome = run::resume(&mut *opened.session, &opened.migrations, &job.options, &cx.progress).await?;
    job.report(&planned, &outcome, &*opened.session, &opened.notes)
}

/// Goes back.
///
/// # Errors
/// When there is nothing to undo, no way back, or a step fails.
pub(super) async fn undo(args: &Undo, cx: &Context) -> Result<Exit, Failure> {
    let mut job = Job::new(&args.target, &args.dir, &args.connection, &args.output, args.safety.yes, cx)
        .with(&args.safety, &args.throttle);
    job.options.to = args.to.as_deref().map(dbwright_migrate::files::normal);
    job.options.leave_irreversible = args.leave_irreversible;
    let mut opened = job.open().await?;
    let undone = undone(&opened.journal, job.options.to.as_deref());
    let planned = json!(undone);
    let ways: Vec<_> = undone.iter().map(|entry| (*entry, way_down(entry, &opened.migrations))).collect();
    job.show(&migrate::to_undo(&ways, opened.session.facts(), cx.width))?;
    if !undone.is_empty() && !job.agreed(&format!("Undo it on {}?", opened.session.facts().target)).await? {
        return Ok(Exit::Clean);
    }
    let _patience = job.begin();
    let outcome = run::undo(&mut *opened.session, &opened.migrations, &job.options, &cx.progress).await?;
    job.report(&planned, &outcome, &*opened.session, &opened.notes)
}

/// What an undo is about, the latest first, as the runner chooses it.
fn undone<'a>(journal: &'a [Entry], to: Option<&str>) -> Vec<&'a Entry> {
    let there = journal.iter().rev().filter(|entry| entry.state.in_effect() || entry.state.unfinished());
    match to {
        None => there.take(1).collect(),
        Some(to) => there.take_while(|entry| entry.version != to).collect(),
    }
}

/// The `-- down` part by which the runner goes back, as statements; none when it goes back by the steps.
fn way_down(entry: &Entry, migrations: &[Migration]) -> Option<usize> {
    let migration = migrations.iter().find(|m| m.version == entry.version);
    run::down(entry, migration).map(|statements| statements.len())
}

/// Removes what applied migrations left of the old.
///
/// # Errors
/// As [`apply`].
pub(super) async fn contract(args: &Contract, cx: &Context) -> Result<Exit, Failure> {
    let job = Job::new(&args.target, &args.dir, &args.connection, &args.output, args.safety.yes, cx)
        .with(&args.safety, &args.throttle);
    let mut opened = job.open().await?;
    let waiting: Vec<&Entry> = opened.journal.iter().filter(|entry| entry.state == State::AwaitsContract).collect();
    let planned = json!(waiting);
    job.show(&migrate::to_contract(&waiting, opened.session.facts(), cx.width))?;
    if waiting.is_empty() {
        return job.report(&planned, &Outcome::default(), &*opened.session, &opened.notes);
    }
    if !job.agreed(&format!("Remove it on {}? There is no way back.", opened.session.facts().target)).await? {
        return Ok(Exit::Clean);
    }
    let _patience = job.begin();
    let outcome = run::contract(&mut *opened.session, &opened.migrations, &job.options, &cx.progress).await?;
    job.report(&planned, &outcome, &*opened.session, &opened.notes)
}

/// Records migrations as applied.
///
/// # Errors
/// When a version is not known, or a migration is unfinished.
pub(super) async fn baseline(args: &Baseline, cx: &Context) -> Result<Exit, Failure> {
    let mut job = Job::new(&args.target, &args.dir, &args.connection, &args.output, args.yes, cx);
    job.mode = Mode::Record;
    job.options.to = args.to.as_deref().map(dbwright_migrate::files::normal);
    let mut opened = job.open().await?;
    let recorded: Vec<&Migration> = to_record(&opened, job.options.to.as_deref());
    let names: Vec<_> = recorded.iter().map(|m| m.file.clone()).collect();
    job.show(&migrate::to_record(&names, opened.session.facts()))?;
    if !recorded.is_empty()
        && !job.agreed(&format!("Record them on {}, without running them?", opened.session.facts().target)).await?
    {
        return Ok(Exit::Clean);
    }
    let outcome = run::baseline(&mut *opened.session, &opened.migrations, &job.options, &cx.progress).await?;
    job.report(&json!(names), &outcome, &*opened.session, &opened.notes)
}

/// Files that the journal does not have as they are, up to a version.
fn to_record<'a>(opened: &'a session::Opened, to: Option<&str>) -> Vec<&'a Migration> {
    let known = |m: &Migration| {
        opened.journal.iter().any(|e| e.version == m.version && e.state.in_effect() && e.checksum == m.checksum)
    };
    let upto = to.and_then(|to| opened.migrations.iter().position(|m| m.version == to));
    let upto = upto.map_or(opened.migrations.len(), |at| at + 1);
    opened.migrations[..upto].iter().filter(|m| !known(m)).collect()
}
