//! A statement that refuses to run in a transaction: look, clear, run, look again.

use std::time::Duration;

use dbwright_core::Failure;
use dbwright_migrate::journal::Progressed;
use tokio_postgres::SimpleQueryMessage;

use super::patience::{Tries, queue_ms};
use super::transaction::yes;
use super::trouble::Trouble;
use super::watch::watched;
use super::{Job, PgSession, mark};

/// How often it is looked whom a long statement waits for.
const LOOK: Duration = Duration::from_millis(500);

impl PgSession {
    /// Runs a statement outside a transaction until `done` says yes.
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
        &self,
        job: Job<'_>,
        statement: &str,
        done: &str,
        clear: &[String],
        tries: &mut Tries,
    ) -> Result<(), Trouble> {
        self.same_session(job).await?;
        // Nothing tells of some statements (`VACUUM`) that they are done: their success is all there is.
        let told = !done.is_empty();
        if !(told && self.is_done(job, done).await?) {
            self.clear(job, clear, tries).await?;
            job.progress.point("cleared");
            self.by_itself(job, statement, tries).await?;
            job.progress.point("alone");
            if told && !self.is_done(job, done).await? {
                let message = format!("{}: it ran without an error, and yet it is not done", job.step.title);
                return Err(Failure::internal("migrate.not-done", message).excerpt(done.to_owned()).into());
            }
        }
        mark::set(self.main.client(), job.place, Progressed::Done).await?;
        job.progress.point("committed");
        Ok(())
    }

    /// Undoes by statements that refuse to run in a transaction; each of them can be repeated.
    pub(super) async fn alone_back(&mut self, job: Job<'_>) -> Result<(), Failure> {
        let mut tries = Tries::new();
        loop {
            match self.try_back(job, &mut tries).await {
                Ok(()) => return Ok(()),
                Err(trouble) => self.after(trouble, &mut tries, job).await?,
            }
        }
    }

    async fn try_back(&self, job: Job<'_>, tries: &mut Tries) -> Result<(), Trouble> {
        self.same_session(job).await?;
        self.clear(job, &job.step.back.clear, tries).await?;
        for statement in &job.step.back.statements {
            self.by_itself(job, statement, tries).await?;
            job.progress.point("alone");
        }
        mark::set(self.main.client(), job.place, Progressed::Undone).await?;
        job.progress.point("committed");
        Ok(())
    }

    async fn same_session(&self, job: Job<'_>) -> Result<(), Trouble> {
        let sql = "SELECT /* dbwright */ pg_catalog.pg_backend_pid()";
        let row = self.main.client().query_typed_one(sql, &[]).await.and_then(|row| row.try_get::<_, i32>(0));
        let pid = row.map_err(|e| Trouble::of(&e, &job.step.title))?;
        if pid == self.main.pid { Ok(()) } else { Err(self.main.pooled().into()) }
    }

    async fn is_done(&self, job: Job<'_>, query: &str) -> Result<bool, Trouble> {
        let rows = self.main.client().simple_query(query).await;
        rows.map(|rows| yes(&rows)).map_err(|e| Trouble::of(&e, &job.step.title))
    }

    /// Runs the statements that the queries yield.
    async fn clear(&self, job: Job<'_>, queries: &[String], tries: &mut Tries) -> Result<(), Trouble> {
        for query in queries {
            let rows = self.main.client().simple_query(query).await.map_err(|e| Trouble::of(&e, &job.step.title))?;
            let statements = rows.iter().filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            });
            for statement in statements {
                if statement.starts_with("DROP ") {
                    job.progress.note(&format!("clearing what an interrupted attempt left: {statement}"));
                }
                self.by_itself(job, &statement, tries).await?;
            }
        }
        Ok(())
    }

    /// A statement on its own. One that lets others read and write waits as long as it takes: a limit would end an index
    /// that is being built and leave it invalid. One that does not waits briefly and is tried again.
    async fn by_itself(&self, job: Job<'_>, statement: &str, tries: &mut Tries) -> Result<(), Trouble> {
        let (client, title) = (self.main.client(), &job.step.title);
        let wrong = |e: tokio_postgres::Error| Trouble::of(&e, title);
        let blocks =
            matches!(job.step.lock.mode.as_str(), "ACCESS EXCLUSIVE" | "EXCLUSIVE" | "SHARE ROW EXCLUSIVE" | "SHARE");
        let queue = if blocks { queue_ms(job, job.limits, tries.seen.autovacuum, self.deadlock_ms().await) } else { 0 };
        tries.seen.again();
        let alone = self.one_process(job, "");
        client.batch_execute(&format!("SET /* dbwright */ lock_timeout = {queue}{alone}")).await.map_err(wrong)?;
        let sql = format!("/* dbwright */ {statement}");
        let work = client.batch_execute(&sql);
        let every = if blocks { Duration::from_millis((queue / 2).max(20)) } else { LOOK };
        watched(work, self.main.pid, &self.watch, every, title, &mut tries.seen, job.progress).await.map_err(wrong)
    }
}
