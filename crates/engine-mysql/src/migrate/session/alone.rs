//! A statement that no transaction can hold: look, clear, run, mark.

use std::time::Duration;

use dbwright_core::Failure;
use dbwright_migrate::journal::Progressed;
use dbwright_migrate::plan::Held;
use mysql_async::Error;

use super::super::parse::{Act, act};
use super::patience::{Tries, stopped};
use super::trouble::{Trouble, code};
use super::watch::{Guard, watched};
use super::{Job, MySession, mark, shown, switch};

impl MySession {
    /// Runs a statement outside a transaction, unless `done` says that it is done.
    pub(super) async fn alone(
        &mut self,
        job: Job<'_>,
        statement: &str,
        done: &str,
        clear: &[String],
    ) -> Result<(), Failure> {
        let mut tries = Tries::new();
        loop {
            match self.try_alone(job, statement, done, clear, &mut tries).await {
                Ok(()) => return Ok(()),
                Err(trouble) => self.after(trouble, &mut tries, job).await?,
            }
        }
    }

    async fn try_alone(
        &mut self,
        job: Job<'_>,
        statement: &str,
        done: &str,
        clear: &[String],
        tries: &mut Tries,
    ) -> Result<(), Trouble> {
        if done.is_empty() || !self.is_done(job, done).await? {
            self.clear(job, clear, tries).await?;
            job.progress.point("cleared");
            self.by_itself(job, statement, tries).await?;
            job.progress.point("alone");
        }
        mark::set(&mut self.main, &self.home, job.place, Progressed::Done).await?;
        job.progress.point("committed");
        Ok(())
    }

    /// Undoes by statements outside transactions: those that the queries yield, then the others; all can be repeated.
    pub(super) async fn alone_back(&mut self, job: Job<'_>) -> Result<(), Failure> {
        let mut tries = Tries::new();
        loop {
            match self.try_back(job, &mut tries).await {
                Ok(()) => return Ok(()),
                Err(trouble) => self.after(trouble, &mut tries, job).await?,
            }
        }
    }

    async fn try_back(&mut self, job: Job<'_>, tries: &mut Tries) -> Result<(), Trouble> {
        self.clear(job, &job.step.back.clear, tries).await?;
        for statement in &job.step.back.statements {
            self.by_itself(job, statement, tries).await?;
            job.progress.point("alone");
        }
        mark::set(&mut self.main, &self.home, job.place, Progressed::Undone).await?;
        job.progress.point("committed");
        Ok(())
    }

    pub(super) async fn is_done(&mut self, job: Job<'_>, question: &str) -> Result<bool, Trouble> {
        shown::ask(&mut self.main, question).await.map_err(|e| Trouble::of(&e, &job.step.title))
    }

    /// Runs the statements that the queries yield. A question before [`WHEN`] decides about the statement behind it, and before
    /// [`WHILE`] as long as it is answered with yes.
    pub(super) async fn clear(&mut self, job: Job<'_>, queries: &[String], tries: &mut Tries) -> Result<(), Trouble> {
        for query in queries {
            if let Some((question, statement)) = query.split_once(WHEN) {
                if self.is_done(job, question).await? {
                    self.by_itself(job, statement, tries).await?;
                    job.progress.point("alone");
                }
            } else if let Some((question, statement)) = query.split_once(WHILE) {
                while self.is_done(job, question).await? {
                    if job.progress.cancelled() {
                        return Err(stopped(&job.step.title).into());
                    }
                    self.by_itself(job, statement, tries).await?;
                    job.progress.point("round");
                }
            } else {
                let rows = self.main.rows(&format!("/* dbwright */ {query}")).await;
                let rows = rows.map_err(|e| Trouble::of(&e, &job.step.title))?;
                for statement in rows.iter().filter_map(|row| row.first().cloned().flatten()) {
                    self.by_itself(job, &statement, tries).await?;
                }
            }
        }
        Ok(())
    }

    /// A statement on its own. It waits briefly for the table's lock, and gives way when others queue behind it. One that has
    /// worked for long waits longer: its work would be lost; but nobody waits behind it for longer.
    async fn by_itself(&mut self, job: Job<'_>, statement: &str, tries: &mut Tries) -> Result<(), Trouble> {
        if statement.starts_with(switch::LOCKED) {
            return self.under_lock(job, statement, tries).await;
        }
        if statement.starts_with(switch::ROUND) {
            return self.round(job, statement).await;
        }
        match self.send(job, statement, tries).await {
            // An answer for an empty table need not hold for one with a history.
            Err(error) if matches!(code(&error), 1221 | 1845 | 1846 | 4092) => {
                let Some(other) = self.main.flavour.instead_of_instant(statement) else {
                    return Err(Trouble::of(&error, &job.step.title));
                };
                job.progress.note("the server can't do it instantly any more; it is done in place");
                self.send(job, &other, tries).await.map_err(|e| Trouble::of(&e, &job.step.title))
            }
            done => done.map_err(|e| Trouble::of(&e, &job.step.title)),
        }
    }

    async fn send(&mut self, job: Job<'_>, statement: &str, tries: &mut Tries) -> Result<(), Error> {
        let seconds = if job.step.lock.held == Held::Moment { 1 } else { 30 };
        self.limit(seconds).await?;
        let sql = format!("/* dbwright */ {statement}");
        // MariaDB forgets to tell open tables that a trigger is gone when it is ended in the middle of that: the server's own
        // limit of a second ends the waiting alone.
        let trigger = statement.starts_with("DROP TRIGGER")
            || statement.starts_with("CREATE ") && statement.contains(" TRIGGER ");
        let queue =
            if trigger { Duration::from_mins(1) } else { job.limits.lock_timeout.max(Duration::from_millis(1)) };
        let guard = Guard { main: self.main.id(), queue, what: &job.step.title, progress: job.progress };
        let before = if fills(statement) { self.main.let_others_write().await? } else { None };
        let done = watched(self.main.run(&sql), &mut self.watch, &guard, &mut tries.seen).await;
        if tries.seen.gave_way || tries.seen.stopped {
            // What was meant for the statement must not hit the next one.
            let _ = self.main.run("DO /* dbwright */ 0").await;
        }
        if let Some(before) = before {
            let _ = self.main.isolate(&before).await;
        }
        done.map(drop)
    }

    /// The server's own limits for waiting, should the second connection be lost.
    pub(super) async fn limit(&mut self, seconds: u64) -> Result<(), Error> {
        let sql = format!(
            "SET /* dbwright */ SESSION lock_wait_timeout = {seconds}, SESSION innodb_lock_wait_timeout = {}",
            seconds.min(5)
        );
        self.main.run(&sql).await.map(drop)
    }
}

/// Whether a statement makes a table of the rows of others.
fn fills(statement: &str) -> bool {
    matches!(act(statement), Act::CreateTable { rows: true, .. })
}

/// Between a question and the statement that is run when it is answered with yes.
pub(in crate::migrate) const WHEN: &str = "\n-- when so:\n";

/// Between a question and the statement that is run as long as it is answered with yes.
pub(in crate::migrate) const WHILE: &str = "\n-- as long as it is so:\n";
