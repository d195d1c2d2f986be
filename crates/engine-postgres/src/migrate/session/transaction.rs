//! A step in one transaction, committed together with its mark.

use std::time::Duration;

use dbwright_core::Failure;
use dbwright_migrate::journal::Progressed;
use dbwright_migrate::plan::Require;

use super::patience::{Tries, queue_ms};
use super::trouble::{Trouble, failure};
use super::watch::watched;
use super::{Job, PgSession, mark};

impl PgSession {
    /// Runs statements and asks questions in one transaction, as often as locks and connections need it.
    pub(super) async fn transaction(
        &mut self,
        job: Job<'_>,
        statements: &[String],
        require: &[Require],
        end: Progressed,
    ) -> Result<(), Failure> {
        let mut tries = Tries::new();
        loop {
            let trouble = match self.try_transaction(job, statements, require, end, &mut tries).await {
                Ok(()) => return Ok(()),
                Err(trouble) => trouble,
            };
            self.roll_back().await;
            self.after(trouble, &mut tries, job).await?;
        }
    }

    /// Ends what an attempt left open; a lost connection has none.
    pub(super) async fn roll_back(&self) {
        let _ = self.main.client().batch_execute("ROLLBACK").await;
    }

    async fn try_transaction(
        &self,
        job: Job<'_>,
        statements: &[String],
        require: &[Require],
        end: Progressed,
        tries: &mut Tries,
    ) -> Result<(), Trouble> {
        let (client, title) = (self.main.client(), &job.step.title);
        let wrong = |e: tokio_postgres::Error| Trouble::of(&e, title);
        let queue = queue_ms(job, job.limits, tries.seen.autovacuum, self.deadlock_ms().await);
        tries.seen.again();
        client.batch_execute("BEGIN").await.map_err(wrong)?;
        if mark::hold(&self.main, job.place).await?.state == Some(end) {
            client.batch_execute("ROLLBACK").await.map_err(wrong)?;
            return Ok(());
        }
        let alone = self.one_process(job, "LOCAL ");
        client
            .batch_execute(&format!("SET /* dbwright */ LOCAL lock_timeout = {queue}{alone}"))
            .await
            .map_err(wrong)?;
        for statement in statements {
            let sql = format!("/* dbwright */ {statement}");
            let work = client.batch_execute(&sql);
            let every = Duration::from_millis(queue / 2).clamp(Duration::from_millis(20), Duration::from_secs(1));
            watched(work, self.main.pid, &self.watch, every, title, &mut tries.seen, job.progress)
                .await
                .map_err(wrong)?;
            job.progress.point("statement");
        }
        for question in require {
            let work = client.simple_query(&question.query);
            let every = Duration::from_secs(1);
            let rows = watched(work, self.main.pid, &self.watch, every, title, &mut tries.seen, job.progress).await;
            if !yes(&rows.map_err(wrong)?) {
                return Err(unmet(title, question).into());
            }
        }
        mark::set(client, job.place, end).await?;
        job.progress.point("commit");
        client.batch_execute("COMMIT").await.map_err(wrong)?;
        job.progress.point("committed");
        Ok(())
    }

    /// Keeps a statement to one of the server's processes: a build that takes all processors can't be paused. Not where no
    /// throttle is wanted, or the file says itself how many there may be.
    pub(super) fn one_process(&self, job: Job<'_>, local: &str) -> String {
        let said = |setting: &String| setting.to_ascii_lowercase().contains("max_parallel");
        if job.limits.pause == 0.0 || self.settings.iter().any(said) {
            return String::new();
        }
        ["max_parallel_maintenance_workers", "max_parallel_workers_per_gather"]
            .map(|name| format!("; SET {local}{name} = 0"))
            .concat()
    }

    /// How long a waiting session of this server leaves an autovacuum alone, in ms.
    pub(super) async fn deadlock_ms(&self) -> u64 {
        let sql = "SELECT /* dbwright */ setting FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'";
        let row = self.watch.client().query_typed_one(sql, &[]).await.ok();
        row.and_then(|row| row.try_get::<_, String>(0).ok()?.parse().ok()).unwrap_or(1_000)
    }

    pub(super) async fn ask_all(&mut self, questions: &[Require]) -> Result<Vec<Require>, Failure> {
        let mut no = Vec::new();
        for question in questions {
            let rows = self.main.client().simple_query(&question.query).await;
            if !yes(&rows.map_err(|e| failure(&e, &question.or))?) {
                no.push(question.clone());
            }
        }
        Ok(no)
    }
}

/// Whether the first cell of an answer is true.
pub(super) fn yes(answer: &[tokio_postgres::SimpleQueryMessage]) -> bool {
    answer.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0) == Some("t")),
        _ => None,
    }) == Some(true)
}

pub(super) fn unmet(title: &str, question: &Require) -> Failure {
    Failure::not_permitted("migrate.require", format!("{title}: {}", question.or))
        .excerpt(question.query.clone())
        .hint("nothing of this step is left; mend what it says, then go on")
}
