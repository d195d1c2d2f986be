//! A tool that does the work: started, watched, ended, and what it leaves cleared.

use std::path::Path;
use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::FailureKind;
use dbwright_migrate::journal::Progressed;
use dbwright_migrate::plan::Program;

use super::patience::{Tries, stopped};
use super::trouble::{Trouble, code};
use super::{Job, MySession, mark};
use crate::migrate::tool::child::{Child, Ended, Place};
use crate::migrate::tool::said::{Said, failed, line};
use crate::migrate::tool::{Tool, account, find, words};

/// How often it is looked what a tool says.
const LOOK: Duration = Duration::from_millis(100);

/// How often it is looked whether the target bears it.
const WELL: Duration = Duration::from_secs(1);

/// How often our own connection is used meanwhile: one that is idle for long would be closed, and the lock with it.
const ALIVE: Duration = Duration::from_secs(20);

/// How often the same waiting is said again.
const AGAIN: Duration = Duration::from_secs(30);

/// How long a statement is waited for whose tool is gone; the server itself ends one that waits for a lock after a second.
const STILL: Duration = Duration::from_mins(5);

/// How a tool's work came out.
enum Outcome {
    /// It says that it is done.
    Done,
    /// It failed, and why.
    Failed(Failure),
}

impl MySession {
    /// Has a tool do the work, unless `done` says that it is done.
    pub(super) async fn program(&mut self, job: Job<'_>, program: &Program) -> Result<(), Failure> {
        let mut tries = Tries::new();
        loop {
            match self.try_program(job, program, &mut tries).await {
                Ok(()) => return Ok(()),
                Err(trouble) => self.after(trouble, &mut tries, job).await?,
            }
        }
    }

    async fn try_program(&mut self, job: Job<'_>, program: &Program, tries: &mut Tries) -> Result<(), Trouble> {
        // What a killed run left at work on this machine is ended by that.
        let place = Place::make()?;
        if !self.over(job, program).await? {
            let job_number = self.unfinished(job, program).await?;
            if job_number.is_none() {
                self.clear(job, &program.clear, tries).await?;
            }
            job.progress.point("cleared");
            let outcome = self.work(job, program, place, job_number).await?;
            job.progress.point("program");
            if let Outcome::Failed(failure) = outcome {
                self.failed(job, program, failure, tries).await?;
            }
        }
        mark::set(&mut self.main, &self.home, job.place, Progressed::Done).await?;
        job.progress.point("committed");
        Ok(())
    }

    /// Whether the tables have changed places. What a tool that was ended has sent before may still be carried out.
    async fn over(&mut self, job: Job<'_>, program: &Program) -> Result<bool, Trouble> {
        let began = Instant::now();
        while !program.busy.is_empty() && began.elapsed() < STILL && self.is_done(job, &program.busy).await? {
            tokio::time::sleep(LOOK).await;
        }
        if program.done.is_empty() { Ok(false) } else { self.is_done(job, &program.done).await }
    }

    /// What failed may have been done all the same; what was not done leaves nothing behind.
    async fn failed(
        &mut self,
        job: Job<'_>,
        program: &Program,
        failure: Failure,
        tries: &mut Tries,
    ) -> Result<(), Trouble> {
        if self.over(job, program).await? {
            job.progress.note(&format!("{}: it failed behind the switch ({})", program.name, failure.message));
            return Ok(());
        }
        if let Err(Trouble::Final(also)) = self.clear(job, &program.clear, tries).await {
            job.progress.note(&format!("what {} made could not be removed: {}", program.name, also.message));
        }
        Err(failure.into())
    }

    /// The job of an interrupted attempt that can be gone on with.
    async fn unfinished(&mut self, job: Job<'_>, program: &Program) -> Result<Option<u64>, Trouble> {
        if program.unfinished.is_empty() {
            return Ok(None);
        }
        let rows = match self.main.rows(&format!("/* dbwright */ {}", program.unfinished)).await {
            Ok(rows) => rows,
            // It was never begun: there is no history.
            Err(error) if code(&error) == 1146 => return Ok(None),
            Err(error) => return Err(Trouble::of(&error, &job.step.title)),
        };
        let number = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
        if number.is_some() {
            job.progress.note(&format!("{} goes on with the rows that it has copied before", program.name));
        }
        Ok(number)
    }

    async fn work(
        &mut self,
        job: Job<'_>,
        program: &Program,
        place: Place,
        goes_on: Option<u64>,
    ) -> Result<Outcome, Failure> {
        let tool = Tool::named(&program.name).ok_or_else(|| {
            Failure::internal("migrate.tool", format!("the journal names a tool that is not known: {}", program.name))
        })?;
        let found = find::one(tool, &self.options.programs).await?;
        if found.version != program.version {
            job.progress.note(&format!("{} now, and was {} when it was planned", found.title(), program.version));
        }
        let variables = account::write(tool, &place.account(), &self.address)?;
        let mut all = program.words.clone();
        if let Some(number) = goes_on {
            all.extend(words::going_on(number));
        }
        if !program.throttle.is_empty() {
            all.extend(words::throttle(tool, job.limits));
        }
        let mut child = place.start(&found.path, &all, &variables)?;
        job.progress.point("started");
        let ended = self.watch_child(job, program, tool, &mut child).await;
        if ended.is_err() {
            child.stop().await;
        }
        let heard_of = |child: &mut Child| {
            // The last lines may be on their way still.
            std::thread::sleep(Duration::from_millis(20));
            child.heard();
            child.said.clone()
        };
        match ended {
            Ok(Some(0)) => Ok(Outcome::Done),
            Ok(code) => Ok(Outcome::Failed(failed(&job.step.title, &found.title(), code, &heard_of(&mut child)))),
            Err(failure) => Ok(Outcome::Failed(failure)),
        }
    }

    /// Awaits the tool's end; ends early, with the reason, when the user stops or the server is lost.
    async fn watch_child(
        &mut self,
        job: Job<'_>,
        program: &Program,
        tool: Tool,
        child: &mut Child,
    ) -> Result<Ended, Failure> {
        let (mut alive, mut told, mut looked) = (Instant::now(), None::<Instant>, Instant::now());
        let waits = program.words.iter().any(|word| word == words::PAUSE_WORD);
        loop {
            for text in child.heard() {
                match line(tool, &text) {
                    Said::Copied(share) => {
                        job.progress.step(rows(program, share));
                        job.progress.point("copying");
                    }
                    Said::Postponed => {
                        let file = child.place.file(words::POSTPONE);
                        self.let_switch(job, &file).await?;
                    }
                    // Why dbwright has told it to wait has been said.
                    Said::Waits(_) if child.place.file(words::PAUSE).exists() => {}
                    Said::Waits(why) if told.is_none_or(|at| at.elapsed() > AGAIN) => {
                        told = Some(Instant::now());
                        job.progress.note(&format!("{}: {why}", program.name));
                    }
                    Said::Waits(_) | Said::Other => {}
                }
            }
            if let Some(ended) = child.ended()? {
                return Ok(ended);
            }
            if job.progress.cancelled() {
                return Err(stopped(&job.step.title));
            }
            if alive.elapsed() > ALIVE {
                alive = Instant::now();
                if !(self.main.answers().await && self.watch.answers().await) {
                    self.reconnect("while a tool was at work", job.progress).await?;
                }
            }
            if waits && looked.elapsed() > WELL {
                let file = child.place.file(words::PAUSE);
                self.pause_tool(job, program, &file).await?;
                looked = Instant::now();
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Has a tool wait as long as the target is not well.
    async fn pause_tool(&mut self, job: Job<'_>, program: &Program, file: &Path) -> Result<(), Failure> {
        let why = self.ill(job.limits, job.progress).await;
        let done = match (why.is_empty(), file.exists()) {
            (false, false) => {
                job.progress.note(&format!("{} is paused: {}", program.name, why.join("; ")));
                job.progress.point("paused");
                std::fs::write(file, "")
            }
            (true, true) => std::fs::remove_file(file),
            _ => Ok(()),
        };
        done.map_err(|e| {
            Failure::new(FailureKind::Internal, "migrate.tool", format!("the tool can't be told to wait: {e}"))
        })
    }

    /// Lets a tool that has copied everything switch, once the target is well.
    async fn let_switch(&mut self, job: Job<'_>, file: &Path) -> Result<(), Failure> {
        if !file.exists() {
            return Ok(());
        }
        self.wait_until_well(job.limits, job.progress).await?;
        job.progress.point("switching");
        std::fs::remove_file(file).map_err(|e| {
            Failure::new(FailureKind::Internal, "migrate.tool", format!("the switch can't be let happen: {e}"))
        })
    }

    /// Undoes what a tool did, unless it was switched meanwhile: then it is too late.
    pub(super) async fn program_back(&mut self, job: Job<'_>, program: &Program) -> Result<(), Failure> {
        let _ended = Place::make()?;
        let mut tries = Tries::new();
        loop {
            match self.over(job, program).await {
                Ok(false) => return self.alone_back(job).await,
                Ok(true) => {
                    // So that the next attempt knows, and leaves it when it is told to.
                    let _ = mark::set(&mut self.main, &self.home, job.place, Progressed::Done).await;
                    return Err(too_late(job));
                }
                Err(trouble) => self.after(trouble, &mut tries, job).await?,
            }
        }
    }
}

fn too_late(job: Job<'_>) -> Failure {
    let why = job.step.back.too_late.as_deref().unwrap_or("the tables have changed places");
    Failure::usage("migrate.irreversible", format!("{}: it was done before it was interrupted: {why}", job.step.title))
        .hint(
            "`dbwright migrate undo TARGET --leave-irreversible` leaves it as it is; write a migration that goes back",
        )
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a number of rows")]
fn rows(program: &Program, share: f64) -> u64 {
    (program.rows.unwrap_or(100) as f64 * share) as u64
}
