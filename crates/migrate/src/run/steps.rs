//! The one place where steps are run: plan at the turn, journal, run, mark.

use std::time::Instant;

use dbwright_core::progress::Progress;
use dbwright_core::{Failure, FailureKind};

use super::{Options, preview};
use crate::journal::{Entry, Mark, Part, Place, Progressed, State, Turn, Write, Written};
use crate::plan::{Phase, Planned, Work};
use crate::port::Session;
use crate::script::Statement;

/// The method of a statement that sets something for those after it.
const SESSION: &str = "session";

/// A command under way on one target.
pub(super) struct Runner<'a> {
    pub(super) session: &'a mut dyn Session,
    pub(super) options: &'a Options,
    pub(super) progress: &'a dyn Progress,
    /// Steps run or undone for the migration at hand.
    pub(super) steps: usize,
}

impl<'a> Runner<'a> {
    pub(super) fn new(session: &'a mut dyn Session, options: &'a Options, progress: &'a dyn Progress) -> Self {
        Self { session, options, progress, steps: 0 }
    }

    /// Takes the lock and reads the journal.
    pub(super) async fn begin(&mut self) -> Result<Vec<Entry>, Failure> {
        self.session.lock(self.options.lock_wait, self.progress).await?;
        self.session.journal().await
    }

    /// Runs what is left of a part, but for its contract steps; returns the entry as it is then.
    pub(super) async fn advance(&mut self, entry: &mut Entry, part: Part, file: &str) -> Result<(), Failure> {
        let statements = match part {
            Part::Up => entry.up.clone(),
            Part::Down => entry.down.clone().unwrap_or_default(),
        };
        self.session.prepare(&settings(entry, part, usize::MAX)).await?;
        for (index, written) in statements.iter().enumerate() {
            self.turn(entry, part, index, written, file).await.map_err(|failure| resumable(failure, entry))?;
            for mark in marks(entry, part, index, |step| step.phase < Phase::Contract) {
                self.run(entry, &mark).await.map_err(|failure| at_line(failure, file, written))?;
            }
            let set = |turn: &Turn| turn.part == part && turn.statement == index && turn.plan.method == SESSION;
            if entry.planned.iter().any(set) {
                self.session.prepare(&settings(entry, part, usize::MAX)).await?;
            }
        }
        Ok(())
    }

    /// Makes the session what it was when a step was planned, so that names in its statements mean the same again
    /// (`SET search_path`).
    pub(super) async fn as_planned(
        &mut self,
        entry: &Entry,
        place: &Place,
        now: &mut Option<Vec<String>>,
    ) -> Result<(), Failure> {
        let wanted = settings(entry, place.part, place.statement);
        if now.as_ref() != Some(&wanted) {
            self.session.prepare(&wanted).await?;
            *now = Some(wanted);
        }
        Ok(())
    }

    /// Gives the first statement of a down part its turn, without running it.
    pub(super) async fn first_turn(&mut self, entry: &mut Entry, file: &str) -> Result<(), Failure> {
        let first = entry.down.as_ref().and_then(|down| down.first()).cloned();
        match first {
            Some(written) => self.turn(entry, Part::Down, 0, &written, file).await,
            None => Ok(()),
        }
    }

    /// Runs the contract steps of a part.
    pub(super) async fn contract(&mut self, entry: &mut Entry, part: Part) -> Result<(), Failure> {
        let mut left: Vec<Mark> = entry.steps.iter().filter(|m| m.place.part == part).cloned().collect();
        left.retain(|mark| mark.plan.phase == Phase::Contract && mark.state != Progressed::Done);
        let mut now = None;
        for mark in left {
            self.as_planned(entry, &mark.place, &mut now).await?;
            self.run(entry, &mark).await?;
        }
        Ok(())
    }

    /// Plans a statement at its turn, unless what was planned for it has begun.
    async fn turn(
        &mut self,
        entry: &mut Entry,
        part: Part,
        index: usize,
        written: &Written,
        file: &str,
    ) -> Result<(), Failure> {
        self.go_on(entry)?;
        let known = entry.planned.iter().any(|turn| turn.part == part && turn.statement == index);
        if known && (entry.steps_of(part, index).next().is_none() || entry.steps_of(part, index).any(begun)) {
            return Ok(());
        }
        let mut plans = self.session.plan(std::slice::from_ref(&statement(written, file))).await?;
        let Some(plan) = plans.pop() else {
            return Err(Failure::internal("migrate.no-plan", format!("{file}:{}: no plan came back", written.line)));
        };
        if let Some(reason) = &plan.later {
            let message = format!("{file}:{}: can't be planned: {reason}", written.line);
            return Err(Failure::usage("migrate.not-plannable", message));
        }
        let blocking: Vec<_> = preview::blocking(file, &plan).into_iter().collect();
        preview::refuse(&preview::irreversible(file, &plan), &blocking, self.options)?;
        let version = entry.version.clone();
        let write = Write::Plan { version, part, statement: index, plan: Box::new(plan.clone()) };
        self.session.write(&[write]).await?;
        self.progress.point("planned");
        remember(entry, part, index, plan);
        Ok(())
    }

    /// Runs one step and writes down what it took, or why it failed.
    async fn run(&mut self, entry: &mut Entry, mark: &Mark) -> Result<(), Failure> {
        if mark.state == Progressed::Done {
            return Ok(());
        }
        self.go_on(entry)?;
        self.session.settle(&self.options.limits, self.progress).await?;
        self.progress.stage(&mark.plan.title, rows(&mark.plan.work));
        let began = Instant::now();
        let done = self.session.run(&mark.place, &mark.plan, &self.options.limits, self.progress).await;
        self.progress.point("step");
        self.note_down(entry, &mark.place, began, done, Progressed::Done).await
    }

    /// Undoes one step.
    pub(super) async fn back(&mut self, entry: &mut Entry, mark: &Mark) -> Result<(), Failure> {
        self.go_on(entry)?;
        self.progress.stage(&format!("undo: {}", mark.plan.title), None);
        let began = Instant::now();
        let done = self.session.back(&mark.place, &mark.plan, &self.options.limits, self.progress).await;
        self.progress.point("back");
        self.note_down(entry, &mark.place, began, done, Progressed::Undone).await
    }

    async fn note_down(
        &mut self,
        entry: &mut Entry,
        place: &Place,
        began: Instant,
        done: Result<(), Failure>,
        state: Progressed,
    ) -> Result<(), Failure> {
        let version = entry.version.clone();
        let took = Write::Took { version, ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX) };
        let Err(failure) = done else {
            self.steps += 1;
            if let Some(mark) = entry.steps.iter_mut().find(|mark| mark.place == *place) {
                mark.state = state;
            }
            return self.session.write(&[took]).await;
        };
        // The step's own failure is what the user must see, even where the journal can't be reached any more.
        let failed = Write::Failed { place: place.clone(), error: failure.message.clone() };
        let _ = self.session.write(&[took, failed]).await;
        Err(resumable(failure, entry))
    }

    /// Changes the state of a migration.
    pub(super) async fn state(&mut self, entry: &mut Entry, state: State) -> Result<(), Failure> {
        self.session.write(&[Write::State { version: entry.version.clone(), state }]).await?;
        entry.state = state;
        self.progress.point("state");
        Ok(())
    }

    fn go_on(&self, entry: &Entry) -> Result<(), Failure> {
        if !self.progress.cancelled() {
            return Ok(());
        }
        let message = format!("stopped between two steps of {}", entry.title());
        Err(resumable(Failure::new(FailureKind::Interrupted, "migrate.stopped", message), entry))
    }
}

/// Says in which file and line the statement is that failed.
fn at_line(mut failure: Failure, file: &str, written: &Written) -> Failure {
    let place = format!("{file}:{}: ", written.line);
    if matches!(failure.kind, FailureKind::Usage | FailureKind::NotPermitted) && !failure.message.starts_with(&place) {
        failure.message.insert_str(0, &place);
    }
    failure
}

/// Adds how to get out of a migration that is neither here nor there.
pub(super) fn resumable(failure: Failure, entry: &Entry) -> Failure {
    if failure.hints.iter().any(|hint| hint.contains("migrate resume")) {
        return failure;
    }
    match entry.state {
        State::Undoing => failure.hint("`dbwright migrate resume TARGET` goes on undoing"),
        State::AwaitsContract => failure.hint("`dbwright migrate contract TARGET` goes on"),
        _ => failure.hint(
            "`dbwright migrate resume TARGET` goes on where it stopped, `dbwright migrate undo TARGET` goes back",
        ),
    }
}

/// Whether a step may have left something: a transaction that is not marked done has not.
pub(super) fn begun(mark: &Mark) -> bool {
    match mark.state {
        Progressed::Planned | Progressed::Undone => false,
        Progressed::Running => !matches!(mark.plan.work, Work::Transaction { .. } | Work::Verify { .. }),
        Progressed::Done | Progressed::Undoing => true,
    }
}

fn marks(entry: &Entry, part: Part, index: usize, wanted: impl Fn(&crate::plan::Step) -> bool) -> Vec<Mark> {
    entry.steps_of(part, index).filter(|mark| wanted(&mark.plan)).cloned().collect()
}

/// Statements before another that were done and that only set something for the rest of the file.
pub(super) fn settings(entry: &Entry, part: Part, before: usize) -> Vec<String> {
    let sets = |turn: &&Turn| turn.part == part && turn.statement < before && turn.plan.method == SESSION;
    let turns = entry.planned.iter().filter(sets);
    let done = |turn: &&Turn| {
        let mut steps = entry.steps_of(part, turn.statement).peekable();
        steps.peek().is_some() && steps.all(|mark| mark.state == Progressed::Done)
    };
    let mut turns: Vec<_> = turns.filter(done).collect();
    turns.sort_by_key(|turn| turn.statement);
    // What the step runs is what is meant: `SET LOCAL` becomes a `SET`.
    let text = |turn: &Turn| {
        let step = entry.steps_of(part, turn.statement).next();
        match step.map(|mark| &mark.plan.work) {
            Some(Work::Transaction { statements, .. }) => statements.join("; "),
            _ => turn.plan.statement.clone(),
        }
    };
    turns.into_iter().map(text).collect()
}

fn rows(work: &Work) -> Option<u64> {
    match work {
        Work::Backfill(backfill) => backfill.rows,
        Work::Program(program) => program.rows,
        _ => None,
    }
}

pub(super) fn statement(written: &Written, file: &str) -> Statement {
    Statement {
        file: file.into(),
        sql: written.sql.clone(),
        comments: Vec::new(),
        range: 0..written.sql.len(),
        line: written.line,
        column: 1,
    }
}

/// Keeps what was just journaled in the entry in memory, too.
fn remember(entry: &mut Entry, part: Part, index: usize, mut plan: Planned) {
    let here = |place: &Place| place.part == part && place.statement == index;
    entry.steps.retain(|mark| !here(&mark.place));
    entry.planned.retain(|turn| !(turn.part == part && turn.statement == index));
    let version = entry.version.clone();
    let mark = |(step, plan)| Mark {
        place: Place { version: version.clone(), part, statement: index, step },
        state: Progressed::Planned,
        position: None,
        plan,
        attempts: 0,
        error: None,
        started_at: None,
        finished_at: None,
    };
    entry.steps.extend(std::mem::take(&mut plan.steps).into_iter().enumerate().map(mark));
    entry.planned.push(Turn { part, statement: index, plan });
}
