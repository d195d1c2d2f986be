//! Rows in batches, each in one transaction with its position in the journal.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_migrate::echo::Echo;
use dbwright_migrate::journal::Progressed;
use dbwright_migrate::plan::Backfill;
use dbwright_migrate::throttle::next_batch;
use mysql_async::Error;

use super::link::{Cells, Link};
use super::listen::listening;
use super::patience::{Tries, sleep, stopped};
use super::range::{self, Position};
use super::trouble::Trouble;
use super::watch::{Guard, watched};
use super::{Job, MySession, mark};

/// How often it is looked how the target bears it.
const LOOK: Duration = Duration::from_secs(1);

/// A statement before a batch that is run only when rows stood in the way of a unique key.
pub(in crate::migrate) const ON_DUPLICATE: &str = "-- on duplicate\n";

/// How often rows may stand in the way of one batch: then they will stand there always.
const DUPLICATES: u32 = 5;

/// How the walk goes: the size of the next batch, and how the best one did.
struct Pace {
    rows: u64,
    /// Most rows a second seen so far: what the target can do when it has time.
    best: f64,
    looked: Instant,
    /// How late others are answered; through what they are asked, unless pauses are not wanted.
    echo: Echo,
    ear: Option<Link>,
    /// Whether it was said why pauses are long.
    told: bool,
}

impl MySession {
    pub(super) async fn backfill(&mut self, job: Job<'_>, backfill: &Backfill) -> Result<(), Failure> {
        let mut tries = Tries::new();
        let mut pace = Pace::new(job);
        if job.limits.pause > 0.0 {
            // A server without room for one more connection is not asked.
            pace.ear = Link::open(&self.address, &self.options).await.ok();
        }
        let mut in_the_way = 0;
        loop {
            if job.progress.cancelled() {
                return Err(stopped(&job.step.title));
            }
            let began = Instant::now();
            match self.try_batch(job, backfill, &mut pace, &mut tries).await {
                Ok(position) if position.end => break,
                Ok(position) => {
                    tries.got_on();
                    in_the_way = 0;
                    job.progress.step(position.rows);
                    self.rest(job, &mut pace, began.elapsed()).await?;
                }
                Err(Trouble::Duplicate(_)) if in_the_way < DUPLICATES && clears(backfill) => {
                    self.roll_back().await;
                    in_the_way += 1;
                    self.make_way(job, backfill).await?;
                }
                Err(trouble) => {
                    self.roll_back().await;
                    // A batch that did not get its locks may have wanted too many rows.
                    pace.rows = (pace.rows / 2).max(10);
                    self.after(trouble, &mut tries, job).await?;
                }
            }
        }
        // What the batches set does not hold for the user's next statement.
        self.main.set_up(&self.settings).await?;
        self.transaction(job, &[], &backfill.verify, Progressed::Done).await
    }

    /// One batch; the position behind it, as committed.
    async fn try_batch(
        &mut self,
        job: Job<'_>,
        backfill: &Backfill,
        pace: &mut Pace,
        tries: &mut Tries,
    ) -> Result<Position, Trouble> {
        let title = &job.step.title;
        let wrong = |e: Error| Trouble::of(&e, title);
        self.limit(1).await.map_err(wrong)?;
        self.main.begin().await.map_err(wrong)?;
        let mark = mark::hold(&mut self.main, &self.home, job.place).await?;
        let from = position(mark.position)?;
        if from.end || mark.state == Some(Progressed::Done) {
            self.roll_back().await;
            return Ok(Position { end: true, ..from });
        }
        let key = |rows: Vec<Cells>| {
            rows.into_iter().next().map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>())
        };
        let mut from = from;
        if from.last.is_none() {
            from.last = key(self.main.rows(&range::greatest(backfill)).await.map_err(wrong)?);
        }
        let upper = key(self.main.rows(&range::upper_bound(backfill, &from, pace.rows)).await.map_err(wrong)?);
        // An empty table has no greatest key, and nothing to move.
        let end = upper.is_none();
        let upto = upper.as_deref().or(from.last.as_deref());
        let range = if from.last.is_none() {
            "1 = 0".to_owned()
        } else {
            range::condition(&backfill.key, from.after.as_deref(), upto)
        };
        let rows = from.rows + if end { 0 } else { pace.rows };
        let to = Position { rows, after: upper, last: from.last.clone(), end };
        let began = Instant::now();
        for sql in range::statements(backfill, &range)?.iter().filter(|sql| !sql.contains(ON_DUPLICATE)) {
            let queue = job.limits.lock_timeout.max(Duration::from_millis(1));
            let guard = Guard { main: self.main.id(), queue, what: title, progress: job.progress };
            let work = watched(self.main.run(sql), &mut self.watch, &guard, &mut tries.seen);
            listening(work, pace.ear.as_mut(), |took| pace.echo.in_batch(took)).await.map_err(wrong)?;
        }
        job.progress.point("batch");
        let value = serde_json::to_value(&to).map_err(|e| Trouble::Final(unwritten(&e)))?;
        mark::move_to(&mut self.main, &self.home, job.place, &value).await?;
        self.main.run("COMMIT").await.map_err(wrong)?;
        job.progress.point("batch-committed");
        pace.took(began.elapsed(), to.rows - from.rows, job);
        Ok(to)
    }

    /// Removes what was copied and has been changed since: it is noted, and will be brought over.
    async fn make_way(&mut self, job: Job<'_>, backfill: &Backfill) -> Result<(), Failure> {
        let mut tries = Tries::new();
        for sql in backfill.before_batch.iter().filter_map(|sql| sql.strip_prefix(ON_DUPLICATE)) {
            while let Err(error) = self.main.run(sql).await {
                self.after(Trouble::of(&error, &job.step.title), &mut tries, job).await?;
            }
        }
        Ok(())
    }

    /// Leaves the target to others for a while.
    async fn rest(&mut self, job: Job<'_>, pace: &mut Pace, took: Duration) -> Result<(), Failure> {
        if job.limits.pause > 0.0 {
            let least = job.limits.pause.min(100.0) * pace.strain(took);
            let share = pace.echo.pause(least);
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
            listening(rest, pace.ear.as_mut(), |took| pace.echo.in_pause(took)).await?;
        }
        if pace.looked.elapsed() > LOOK {
            self.wait_until_well(job.limits, job.progress).await?;
            pace.looked = Instant::now();
        }
        Ok(())
    }
}

impl Pace {
    fn new(job: Job<'_>) -> Self {
        Self {
            rows: job.limits.first_batch.max(1),
            best: 0.0,
            looked: Instant::now(),
            echo: Echo::default(),
            ear: None,
            told: false,
        }
    }

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

fn clears(backfill: &Backfill) -> bool {
    backfill.before_batch.iter().any(|sql| sql.starts_with(ON_DUPLICATE))
}

fn position(value: Option<serde_json::Value>) -> Result<Position, Trouble> {
    let Some(value) = value else { return Ok(Position::default()) };
    serde_json::from_value(value).map_err(|e| Trouble::Final(unwritten(&e)))
}

fn unwritten(error: &serde_json::Error) -> Failure {
    Failure::internal("migrate.position", format!("the position of a backfill can't be understood: {error}"))
}
