//! Statements in one transaction, together with their mark. Only rows can be changed so: DDL ends a transaction here.

use std::time::Duration;

use dbwright_core::Failure;
use dbwright_migrate::journal::Progressed;
use dbwright_migrate::plan::Require;

use super::patience::Tries;
use super::trouble::Trouble;
use super::watch::{Guard, watched};
use super::{Job, MySession, mark, shown};

impl MySession {
    /// Carries statements out with the mark, all or nothing, tried again as long as others are in the way.
    pub(super) async fn transaction(
        &mut self,
        job: Job<'_>,
        statements: &[String],
        require: &[Require],
        state: Progressed,
    ) -> Result<(), Failure> {
        let mut tries = Tries::new();
        loop {
            match self.try_transaction(job, statements, require, state, &mut tries).await {
                Ok(()) => return Ok(()),
                Err(trouble) => {
                    self.roll_back().await;
                    self.after(trouble, &mut tries, job).await?;
                }
            }
        }
    }

    async fn try_transaction(
        &mut self,
        job: Job<'_>,
        statements: &[String],
        require: &[Require],
        state: Progressed,
        tries: &mut Tries,
    ) -> Result<(), Trouble> {
        let title = &job.step.title;
        self.limit(1).await.map_err(|e| Trouble::of(&e, title))?;
        // A level that the file has set is meant.
        let begun = if self.settings.iter().any(|setting| setting.to_ascii_lowercase().contains("isolation")) {
            self.main.run("START TRANSACTION /* dbwright */").await.map(drop)
        } else {
            self.main.begin().await
        };
        begun.map_err(|e| Trouble::of(&e, title))?;
        let mark = mark::hold(&mut self.main, &self.home, job.place).await?;
        if mark.state == Some(state) {
            self.roll_back().await;
            return Ok(());
        }
        for statement in statements {
            let queue = job.limits.lock_timeout.max(Duration::from_millis(1));
            let guard = Guard { main: self.main.id(), queue, what: title, progress: job.progress };
            let work = self.main.run(statement);
            watched(work, &mut self.watch, &guard, &mut tries.seen).await.map_err(|e| Trouble::of(&e, title))?;
            job.progress.point("statement");
        }
        for question in require {
            if !shown::ask(&mut self.main, &question.query).await.map_err(|e| Trouble::of(&e, title))? {
                let message = format!("{title}: {}", question.or);
                return Err(Failure::not_permitted("migrate.require", message).into());
            }
        }
        mark::set(&mut self.main, &self.home, job.place, state).await?;
        job.progress.point("before commit");
        self.main.run("COMMIT").await.map_err(|e| Trouble::of(&e, title))?;
        job.progress.point("committed");
        Ok(())
    }

    pub(super) async fn roll_back(&mut self) {
        let _ = self.main.run("ROLLBACK").await;
    }
}
