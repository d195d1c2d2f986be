//! Rows in batches, each in one transaction with its position in the journal.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_migrate::echo::{Echo, listening};
use dbwright_migrate::journal::Progressed;
use dbwright_migrate::plan::Backfill;
use dbwright_migrate::throttle::next_batch;
use tokio_postgres::SimpleQueryMessage;

use super::listen::{Watching, others};
use super::patience::{Tries, sleep, stopped};
use super::range::{self, Position};
use super::trouble::Trouble;
use super::watch::watched;
use super::{Job, PgSession, mark};

/// How often it is looked how the target bears it.
const LOOK: Duration = Duration::from_secs(1);

/// How many rows a page is taken to hold: enough for batches to find their size.
const ROWS_A_PAGE: u64 = 50;

/// How the walk goes: the size of the next batch, and how the best one did.
struct Pace {
    rows: u64,
    /// Most rows a second seen so far: what the target can do when it has time.
    best: f64,
    looked: Instant,
    /// How soon the target answers others.
    echo: Echo,
    /// Whether there is anybody to be late for.
    others: bool,
    /// Whether the user knows that pauses are long because of that.
    told: bool,
}

impl PgSession {
    pub(super) async fn backfill(&mut self, job: Job<'_>, backfill: &Backfill) -> Result<(), Failure> {
        let mut tries = Tries::new();
        let mut pace = Pace {
            rows: job.limits.first_batch.max(1),
            best: 0.0,
            looked: Instant::now(),
            echo: Echo::default(),
            others: true,
            told: false,
        };
        loop {
            if job.progress.cancelled() {
                return Err(stopped(&job.step.title));
            }
            let began = Instant::now();
            match self.try_batch(job, backfill, &mut pace, &mut tries).await {
                Ok(position) if position.end => break,
                Ok(position) => {
                    tries.got_on();
                    job.progress.step(position.rows);
                    self.rest(job, &mut pace, began.elapsed()).await?;
                }
                Err(trouble) => {
                    self.roll_back().await;
                    // A batch that did not get its locks may have wanted too many rows.
                    pace.rows = (pace.rows / 2).max(10);
                    self.after(trouble, &mut tries, job).await?;
                }
            }
        }
        self.transaction(job, &[], &backfill.verify, Progressed::Done).await
    }

    /// One batch; the position behind it, as committed.
    async fn try_batch(
        &self,
        job: Job<'_>,
        backfill: &Backfill,
        pace: &mut Pace,
        tries: &mut Tries,
    ) -> Result<Position, Trouble> {
        let (client, title) = (self.main.client(), &job.step.title);
        let wrong = |e: tokio_postgres::Error| Trouble::of(&e, title);
        // Position and rows are committed together, so that it does no harm when a crash takes the last batches along.
        let begin = format!(
            "BEGIN; SET /* dbwright */ LOCAL lock_timeout = {}; SET LOCAL synchronous_commit = off",
            job.limits.lock_timeout.as_millis().max(1)
        );
        client.batch_execute(&begin).await.map_err(wrong)?;
        let mark = mark::hold(&self.main, job.place).await?;
        let from = position(mark.position)?;
        if from.end || mark.state == Some(Progressed::Done) {
            client.batch_execute("ROLLBACK").await.map_err(wrong)?;
            return Ok(Position { end: true, ..from });
        }
        for statement in &backfill.before_batch {
            client.batch_execute(statement).await.map_err(wrong)?;
        }
        let (range, to) = self.next(backfill, &from, pace.rows, job).await?;
        let sql = format!("/* dbwright */ {}", range::statement(&backfill.batch, &range)?);
        let began = Instant::now();
        tries.seen.again();
        let every = job.limits.lock_timeout / 2;
        let work = client.batch_execute(&sql);
        let work = watched(
            work,
            self.main.pid,
            &self.watch,
            every.max(Duration::from_millis(20)),
            title,
            &mut tries.seen,
            job.progress,
        );
        let done = if job.limits.pause > 0.0 {
            listening(work, &mut Watching(&self.watch), |took| pace.echo.in_batch(took)).await
        } else {
            work.await
        };
        done.map_err(wrong)?;
        job.progress.point("batch");
        let value = serde_json::to_value(&to).map_err(|e| Trouble::Final(unwritten(&e)))?;
        mark::move_to(client, job.place, &value).await?;
        client.batch_execute("COMMIT").await.map_err(wrong)?;
        job.progress.point("batch-committed");
        pace.took(began.elapsed(), to.rows - from.rows, job);
        Ok(to)
    }

    /// The range of the next batch, and the position behind it.
    async fn next(
        &self,
        backfill: &Backfill,
        from: &Position,
        rows: u64,
        job: Job<'_>,
    ) -> Result<(String, Position), Trouble> {
        if backfill.key.is_empty() {
            return self.next_pages(backfill, from, rows, job).await;
        }
        let after = from.after.as_deref();
        let sql = range::upper_bound(backfill, after, rows);
        let answer = self.main.client().simple_query(&sql).await.map_err(|e| Trouble::of(&e, &job.step.title))?;
        let upper = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect::<Vec<_>>())
            }
            _ => None,
        });
        let range = range::condition(&backfill.key, after, upper.as_deref());
        let end = upper.is_none();
        Ok((range, Position { rows: from.rows + if end { 0 } else { rows }, after: upper, end, ..Position::default() }))
    }

    async fn next_pages(
        &self,
        backfill: &Backfill,
        from: &Position,
        rows: u64,
        job: Job<'_>,
    ) -> Result<(String, Position), Trouble> {
        let pages = match from.pages {
            Some(pages) => pages,
            // What is moved behind this page from now on was written with the triggers in place.
            None => self.pages(backfill, job).await?,
        };
        let page = from.page.unwrap_or(0);
        let to = (page + (rows / ROWS_A_PAGE).max(1)).min(pages);
        let rows = from.rows + (to - page) * ROWS_A_PAGE;
        let position = Position { page: Some(to), pages: Some(pages), rows, end: to >= pages, after: None };
        Ok((range::pages(page, to), position))
    }

    async fn pages(&self, backfill: &Backfill, job: Job<'_>) -> Result<u64, Trouble> {
        let sql = format!(
            "SELECT /* dbwright */ (pg_catalog.pg_relation_size({}::regclass) / pg_catalog.current_setting('block_size')::int)::text",
            dbwright_sql::Dialect::Postgres.literal(&backfill.table)
        );
        let row = self.main.client().query_typed_one(&sql, &[]).await.and_then(|row| row.try_get::<_, String>(0));
        let text = row.map_err(|e| Trouble::of(&e, &job.step.title))?;
        Ok(text.parse().unwrap_or_default())
    }

    /// Leaves the target to others for a while.
    async fn rest(&mut self, job: Job<'_>, pace: &mut Pace, took: Duration) -> Result<(), Failure> {
        if job.limits.pause > 0.0 {
            let least = job.limits.pause.min(100.0) * pace.strain(took);
            let share = if pace.others { pace.echo.pause(least) } else { least };
            if share > (least * 2.0).max(1.0) && !pace.told {
                pace.told = true;
                job.progress.note(&format!(
                    "{}: others are answered late while a batch works, so each is followed by a pause of {share:.1} times its length; \
                     --no-throttle knows no pauses",
                    job.step.title
                ));
            }
            let pause = took.mul_f64(share).min(Duration::from_secs(10));
            let rest = sleep(pause, &job.step.title, job.progress);
            listening(rest, &mut Watching(&self.watch), |took| pace.echo.in_pause(took)).await?;
        }
        if pace.looked.elapsed() > LOOK {
            self.wait_until_well(job.limits, job.progress).await?;
            pace.others = others(&self.main, &self.watch).await;
            pace.looked = Instant::now();
        }
        Ok(())
    }
}

impl Pace {
    fn took(&mut self, took: Duration, rows: u64, job: Job<'_>) {
        self.best = self.best.max(rows as f64 / took.as_secs_f64().max(0.000_1));
        self.rows = next_batch(self.rows, took, job.limits);
    }

    /// How much slower than at its best the target is: a busy one gets longer pauses.
    fn strain(&self, took: Duration) -> f64 {
        let now = self.rows as f64 / took.as_secs_f64().max(0.000_1);
        if self.best > 0.0 { (self.best / now.max(1.0)).sqrt().clamp(1.0, 3.0) } else { 1.0 }
    }
}

fn position(value: Option<serde_json::Value>) -> Result<Position, Trouble> {
    let Some(value) = value else { return Ok(Position::default()) };
    serde_json::from_value(value).map_err(|e| Trouble::Final(unwritten(&e)))
}

fn unwritten(error: &serde_json::Error) -> Failure {
    Failure::internal("migrate.position", format!("the position of a backfill can't be understood: {error}"))
}
