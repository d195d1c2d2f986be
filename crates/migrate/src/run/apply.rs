//! Applies what is pending.

use std::time::Instant;

use dbwright_core::Failure;
use dbwright_core::progress::Progress;

use super::preview::{self, pending};
use super::steps::Runner;
use super::{Done, Options, Outcome};
use crate::journal::{Entry, Part, Progressed, State, Write};
use crate::migration::{Migration, written};
use crate::plan::Phase;
use crate::port::Session;

/// Applies all that is pending, in order. What was removed by it stays until `contract`, unless `options.contract`.
///
/// # Errors
/// When another run is unfinished or under way, a file has changed, the options forbid a step, or a step fails: the
/// journal then holds how far it came.
pub async fn apply(
    session: &mut dyn Session,
    migrations: &[Migration],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    let mut runner = Runner::new(session, options, progress);
    let journal = runner.begin().await?;
    finished(&journal)?;
    // Refused before anything is done, as far as it is known now.
    let before = super::preview(runner.session, migrations, options).await?;
    preview::refuse(&before.irreversible(), &before.blocking(), options)?;
    let mut outcome = Outcome::default();
    for migration in pending(&journal, migrations, options.to.as_deref())? {
        if let Some(note) = out_of_order(&journal, migrations, migration) {
            outcome.notes.push(note);
        }
        outcome.migrations.push(runner.begin_and_run(migration).await?);
    }
    Ok(outcome)
}

/// Refuses a target on which a migration is neither here nor there, before anybody reads a plan that can't be begun.
///
/// # Errors
/// When one is, with what to do; or when the journal can't be read.
pub async fn unhindered(session: &mut dyn Session) -> Result<(), Failure> {
    finished(&session.journal().await?)
}

/// Refuses to begin anything while another migration is neither here nor there.
fn finished(journal: &[Entry]) -> Result<(), Failure> {
    let Some(entry) = journal.iter().find(|entry| entry.state.unfinished()) else { return Ok(()) };
    let what = if entry.state == State::Undoing { "is half undone" } else { "was begun and is not finished" };
    let mut failure = Failure::usage("migrate.unfinished", format!("{} {what}", entry.title()));
    let failed = entry.steps.iter().rev().find(|mark| mark.error.is_some() && mark.state != Progressed::Done);
    if let Some((mark, error)) = failed.and_then(|mark| Some((mark, mark.error.as_ref()?))) {
        failure = failure.excerpt(format!("{}: {error}", mark.plan.title));
    }
    Err(failure.hint("`dbwright migrate resume TARGET` goes on, `dbwright migrate undo TARGET` goes back"))
}

/// A file that comes before one that is in effect: another branch's, as a rule.
fn out_of_order(journal: &[Entry], migrations: &[Migration], migration: &Migration) -> Option<String> {
    let at = migrations.iter().position(|m| m.version == migration.version)?;
    let later = migrations[at + 1..].iter().rev();
    let mut in_effect = later.filter(|m| journal.iter().any(|e| e.version == m.version && e.state.in_effect()));
    let last = in_effect.next()?;
    Some(format!("{} comes after {}, which was applied before it", migration.title(), last.title()))
}

impl Runner<'_> {
    async fn begin_and_run(&mut self, migration: &Migration) -> Result<Done, Failure> {
        let mut entry = entry(migration);
        self.session.write(&[Write::Begin(Box::new(entry.clone()))]).await?;
        self.progress.point("begun");
        self.finish(&mut entry, &migration.file).await
    }

    /// Runs what is left of a migration, up to the contract phase or through it.
    pub(super) async fn finish(&mut self, entry: &mut Entry, file: &str) -> Result<Done, Failure> {
        let began = Instant::now();
        self.steps = 0;
        self.advance(entry, Part::Up, file).await?;
        let to_remove = |mark: &crate::journal::Mark| {
            mark.plan.phase == Phase::Contract && mark.place.part == Part::Up && mark.state != Progressed::Done
        };
        if entry.steps.iter().any(to_remove) {
            self.state(entry, State::AwaitsContract).await?;
            if self.options.contract {
                self.contract(entry, Part::Up).await?;
            }
        }
        if !entry.steps.iter().any(to_remove) {
            self.state(entry, State::Applied).await?;
        }
        Ok(self.done(entry, began))
    }

    pub(super) fn done(&self, entry: &Entry, began: Instant) -> Done {
        Done {
            version: entry.version.clone(),
            name: entry.name.clone(),
            state: entry.state,
            steps: self.steps,
            took_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
        }
    }
}

/// The entry of a migration that begins.
pub(super) fn entry(migration: &Migration) -> Entry {
    Entry {
        version: migration.version.clone(),
        name: migration.name.clone(),
        checksum: migration.checksum.clone(),
        state: State::Running,
        started_at: None,
        applied_at: None,
        execution_time_ms: 0,
        rolled_back: false,
        rolled_back_at: None,
        up: written(&migration.up),
        down: migration.down.as_ref().map(written),
        planned: Vec::new(),
        steps: Vec::new(),
    }
}
