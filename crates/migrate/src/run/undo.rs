//! Goes back: the steps' own ways back in reverse order, or the `-- down` part of a finished migration.

use std::collections::BTreeSet;
use std::time::Instant;

use dbwright_core::progress::Progress;
use dbwright_core::{Failure, FailureKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::steps::{Runner, begun};
use super::{Done, Options, Outcome};
use crate::journal::{Entry, Mark, Part, Progressed, State, Write, Written};
use crate::migration::{Migration, written};
use crate::plan::{Back, Phase, Require, Step, Work};
use crate::port::Session;

/// What an undo can't bring back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leaving {
    /// The step.
    pub step: String,
    /// Why there is no way back.
    pub reason: String,
}

/// Undoes the last migration, or all after `options.to`, the latest first.
///
/// # Errors
/// When there is nothing to undo, when a step can't be undone (unless `options.leave_irreversible`), or one fails.
pub async fn undo(
    session: &mut dyn Session,
    migrations: &[Migration],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    let mut runner = Runner::new(session, options, progress);
    let journal = runner.begin().await?;
    let mut entries = targets(journal, migrations, options.to.as_deref())?;
    for entry in &mut entries {
        runner.done_unseen(entry).await?;
    }
    for entry in &entries {
        allowed(entry, file(migrations, entry), options)?;
    }
    let mut outcome = Outcome::default();
    for entry in &mut entries {
        outcome.migrations.push(runner.undo_one(entry, file(migrations, entry)).await?);
    }
    Ok(outcome)
}

/// Steps that have been done and that an undo leaves as they are.
#[must_use]
pub fn what_undo_leaves(entry: &Entry) -> Vec<Leaving> {
    let reason = |mark: &Mark| {
        let reason = no_way_back(mark)?.clone();
        begun(mark).then(|| Leaving { step: mark.plan.title.clone(), reason })
    };
    entry.steps.iter().filter(|mark| mark.place.part == Part::Up).filter_map(reason).collect()
}

/// Why a step can't be undone, as far as it came.
fn no_way_back(mark: &Mark) -> Option<&String> {
    let back = &mark.plan.back;
    back.irreversible
        .as_ref()
        .or(back.unknown.as_ref())
        .or_else(|| back.too_late.as_ref().filter(|_| mark.state == Progressed::Done))
}

/// Steps that an undo takes back, in its order. Of a statement whose contract was begun none: what they would go back to
/// is no longer there.
#[must_use]
pub fn what_undo_takes_back(entry: &Entry) -> Vec<&Mark> {
    let up = || entry.steps.iter().filter(|mark| mark.place.part == Part::Up && begun(mark));
    let lost = |mark: &&Mark| no_way_back(mark).is_some();
    let contracted: BTreeSet<_> =
        up().filter(lost).filter(|mark| mark.plan.phase == Phase::Contract).map(|mark| mark.place.statement).collect();
    up().rev().filter(|mark| !lost(mark) && !contracted.contains(&mark.place.statement)).collect()
}

fn file<'a>(migrations: &'a [Migration], entry: &Entry) -> Option<&'a Migration> {
    migrations.iter().find(|m| m.version == entry.version)
}

/// What is undone, the latest first.
fn targets(journal: Vec<Entry>, migrations: &[Migration], to: Option<&str>) -> Result<Vec<Entry>, Failure> {
    let there = |entry: &Entry| entry.state.in_effect() || entry.state.unfinished();
    if let Some(to) = to
        && !journal.iter().any(|entry| entry.version == to && there(entry))
    {
        return Err(Failure::usage(
            "migrate.no-version",
            format!("{to} is not in effect, so nothing can be undone down to it"),
        )
        .hint("`dbwright migrate status` lists what is in effect"));
    }
    // What is applied again with every change of its file has no one state to go back to.
    let repeatable = |entry: &Entry| file(migrations, entry).is_some_and(|m| m.repeatable) && !entry.state.unfinished();
    let mut entries: Vec<_> = journal.into_iter().filter(|entry| there(entry) && !repeatable(entry)).collect();
    entries.reverse();
    match to {
        None => entries.truncate(1),
        Some(to) => entries = entries.into_iter().take_while(|entry| entry.version != to).collect(),
    }
    if entries.is_empty() {
        return Err(Failure::usage("migrate.nothing-to-undo", "there is nothing to undo")
            .hint("`dbwright migrate status` lists what is in effect"));
    }
    Ok(entries)
}

/// The statements of the down part, where it is the way back: only for what is finished.
#[must_use]
pub fn down(entry: &Entry, migration: Option<&Migration>) -> Option<Vec<Written>> {
    let begun = entry.planned.iter().any(|turn| turn.part == Part::Down);
    let way = match entry.state {
        State::Undoing if begun => entry.down.clone(),
        State::Applied | State::Baseline => {
            migration.and_then(|m| m.down.as_ref()).map(written).or_else(|| entry.down.clone())
        }
        _ => None,
    };
    way.filter(|statements| !statements.is_empty())
}

fn allowed(entry: &Entry, migration: Option<&Migration>, options: &Options) -> Result<(), Failure> {
    if down(entry, migration).is_some() {
        return Ok(());
    }
    if entry.state == State::Baseline {
        let message = format!("{} was only recorded as applied, so it is not known what to undo", entry.title());
        return Err(Failure::usage("migrate.baseline", message).hint("write a `-- down` part into its file"));
    }
    let left = what_undo_leaves(entry);
    if left.is_empty() || options.leave_irreversible {
        return Ok(());
    }
    let lines: Vec<_> = left.iter().map(|l| format!("{}: {}", l.step, l.reason)).collect();
    let failure = Failure::usage("migrate.irreversible", format!("{} can't be undone whole", entry.title()));
    Err(failure
        .excerpt(lines.join("\n"))
        .hint("--leave-irreversible undoes the rest and leaves these as they are")
        .hint("a `-- down` part in its file says how to go back once it is finished"))
}

impl Runner<'_> {
    /// Takes notice of a program's work that was done when nobody was left to mark it.
    async fn done_unseen(&mut self, entry: &mut Entry) -> Result<(), Failure> {
        for mark in entry.steps.iter_mut().filter(|mark| mark.state == Progressed::Running) {
            let Work::Program(program) = &mark.plan.work else { continue };
            if program.done.is_empty() {
                continue;
            }
            let question = Require { query: program.done.clone(), or: mark.plan.title.clone() };
            if self.session.ask(&[question]).await?.is_empty() {
                mark.state = Progressed::Done;
            }
        }
        Ok(())
    }

    /// Undoes one migration, or goes on doing so.
    pub(super) async fn undo_one(&mut self, entry: &mut Entry, migration: Option<&Migration>) -> Result<Done, Failure> {
        let began = Instant::now();
        self.steps = 0;
        if let Some(statements) = down(entry, migration) {
            self.by_down(entry, statements, migration).await?;
        } else {
            self.by_steps(entry).await?;
        }
        self.state(entry, State::RolledBack).await?;
        Ok(self.done(entry, began))
    }

    async fn by_down(
        &mut self,
        entry: &mut Entry,
        statements: Vec<Written>,
        migration: Option<&Migration>,
    ) -> Result<(), Failure> {
        if entry.state != State::Undoing {
            entry.down = Some(statements);
            let (version, checksum) = (entry.version.clone(), entry.checksum.clone());
            let write = Write::Mended { version, checksum, up: entry.up.clone(), down: entry.down.clone() };
            self.session.write(&[write]).await?;
        }
        let file = migration.map_or_else(|| entry.title(), |m| m.file.clone());
        self.plan_down(entry, &file).await?;
        self.advance(entry, Part::Down, &file).await?;
        self.contract(entry, Part::Down).await
    }

    /// The state says by which way it goes back only once the first down statement has its plan.
    async fn plan_down(&mut self, entry: &mut Entry, file: &str) -> Result<(), Failure> {
        if entry.state != State::Undoing {
            self.first_turn(entry, file).await?;
            self.state(entry, State::Undoing).await?;
        }
        Ok(())
    }

    async fn by_steps(&mut self, entry: &mut Entry) -> Result<(), Failure> {
        if entry.state != State::Undoing {
            self.state(entry, State::Undoing).await?;
        }
        let marks: Vec<Mark> = what_undo_takes_back(entry).into_iter().cloned().collect();
        let (mut now, mut put_off) = (None, Vec::new());
        for mark in marks {
            self.as_planned(entry, &mark.place, &mut now).await?;
            let overtaken = was_overtaken(entry, &mark);
            let mark = if overtaken { without_work(mark) } else { mark };
            match self.back(entry, &mark).await {
                Ok(()) if overtaken => {}
                Ok(()) => self.overtaken(entry, &mark, &mut put_off).await?,
                Err(failure) if may_wait(&mark, &failure) => {
                    now = None; // the attempt may have left settings of its own
                    self.overtaken(entry, &mark, &mut put_off).await?;
                    put_off.push(mark);
                }
                Err(failure) => return Err(failure),
            }
        }
        self.once_more(entry, put_off).await
    }

    /// What was put off is not made again where an earlier statement's way back makes the same thing as it was before.
    async fn overtaken(&mut self, entry: &mut Entry, by: &Mark, put_off: &mut Vec<Mark>) -> Result<(), Failure> {
        let same = |mark: &Mark| by.plan.back.object.is_some() && mark.plan.back.object == by.plan.back.object;
        let (same, others): (Vec<_>, Vec<_>) = std::mem::take(put_off).into_iter().partition(same);
        *put_off = others;
        for mark in same {
            self.back(entry, &without_work(mark)).await?;
        }
        Ok(())
    }

    /// Takes back what was put off, in rounds: one may need another.
    async fn once_more(&mut self, entry: &mut Entry, mut put_off: Vec<Mark>) -> Result<(), Failure> {
        while !put_off.is_empty() {
            let (mut left, mut first) = (Vec::new(), None);
            let before = put_off.len();
            for mark in put_off {
                self.as_planned(entry, &mark.place, &mut None).await?;
                match self.back(entry, &mark).await {
                    Ok(()) => {}
                    Err(failure) if may_wait(&mark, &failure) => {
                        first.get_or_insert(failure);
                        left.push(mark);
                    }
                    Err(failure) => return Err(failure),
                }
            }
            put_off = left;
            if let Some(failure) = first.filter(|_| put_off.len() == before) {
                return Err(failure);
            }
        }
        Ok(())
    }
}

/// Whether an earlier run put a step off, and then took back an earlier statement about the same object.
fn was_overtaken(entry: &Entry, mark: &Mark) -> bool {
    let Some(object) = &mark.plan.back.object else { return false };
    entry.steps.iter().any(|other| {
        other.state == Progressed::Undone
            && (other.place.part, &other.plan.back.object) == (mark.place.part, &Some(object.clone()))
            && other.place.statement < mark.place.statement
    })
}

/// A step that is only to be marked.
fn without_work(mark: Mark) -> Mark {
    let plan = Step { back: Back::nothing(), ..mark.plan };
    Mark { plan, ..mark }
}

/// Whether a way back that the server has refused may work when more is back.
fn may_wait(mark: &Mark, failure: &Failure) -> bool {
    mark.plan.back.object.is_some() && failure.kind == FailureKind::NotPermitted && failure.code == "migrate.statement"
}
