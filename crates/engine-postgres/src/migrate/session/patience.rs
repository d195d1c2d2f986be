//! After an attempt that failed: wait and try again, connect again, or give up with what is known.

use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;
use dbwright_core::{Failure, FailureKind};
use dbwright_migrate::Limits;
use dbwright_migrate::throttle::backoff;

use super::link::{self, Link};
use super::trouble::Trouble;
use super::watch::{Seen, age};
use super::{Job, PgSession};

/// Attempts at one thing.
pub(super) struct Tries {
    began: Instant,
    busy: u32,
    lost: u32,
    pub(super) seen: Seen,
}

/// How often a connection may be lost in one thing without getting on: then somebody means it.
const LOST: u32 = 5;

/// How often it is looked whether a full disk has room again.
const ROOM: Duration = Duration::from_secs(5);

impl Tries {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), busy: 0, lost: 0, seen: Seen::default() }
    }

    /// Something was achieved: patience begins anew.
    pub(super) fn got_on(&mut self) {
        (self.began, self.busy, self.lost) = (Instant::now(), 0, 0);
    }
}

impl PgSession {
    /// Waits as long as the trouble asks for. `Ok`: try again.
    ///
    /// # Errors
    /// When trying again is of no use, the patience is at its end, or the user stops.
    pub(super) async fn after(&mut self, trouble: Trouble, tries: &mut Tries, job: Job<'_>) -> Result<(), Failure> {
        let title = &job.step.title;
        match trouble {
            Trouble::Final(failure) => Err(failure),
            Trouble::Cancelled if tries.seen.stopped => Err(stopped(title)),
            Trouble::Cancelled => Err(Failure::not_permitted(
                "migrate.cancelled",
                format!("{title}: the statement was cancelled on the server"),
            )),
            Trouble::Busy(text) => self.busy(&text, tries, job).await,
            Trouble::Full(text) => full(&text, tries, job).await,
            Trouble::Lost(text) => {
                tries.lost += 1;
                if tries.lost > LOST {
                    let message = format!("{title}: the connection was lost {LOST} times in a row: {text}");
                    return Err(Failure::unreachable("migrate.connection", message));
                }
                self.reconnect(&text, job.progress).await
            }
        }
    }

    async fn busy(&mut self, text: &str, tries: &mut Tries, job: Job<'_>) -> Result<(), Failure> {
        if tries.seen.stopped {
            return Err(stopped(&job.step.title));
        }
        let whom = tries.seen.whom();
        if tries.began.elapsed() > job.limits.lock_patience {
            return Err(gave_up(job, text, whom.as_deref(), tries.began.elapsed()));
        }
        job.progress.point("busy");
        let pause = backoff(tries.busy, dice());
        tries.busy += 1;
        sleep(pause, &job.step.title, job.progress).await
    }

    /// Connects both again, and takes the lock again: another may have taken it, or the server still works for the
    /// connection that was lost.
    pub(super) async fn reconnect(&mut self, why: &str, progress: &dyn Progress) -> Result<(), Failure> {
        progress.note(&format!("the connection to {} is lost ({why}); connecting again", self.facts.target));
        let began = Instant::now();
        loop {
            match self.connect_both().await {
                Ok(()) => break,
                Err(failure) if began.elapsed() > self.options.reconnect => return Err(failure),
                Err(failure) if !matches!(failure.kind, FailureKind::Unreachable) => return Err(failure),
                Err(_) => sleep(Duration::from_millis(500), "connecting again", progress).await?,
            }
        }
        match self.locked {
            // The server may still be at work for the connection that was lost.
            Some(wait) => self.take_lock(wait.max(Duration::from_secs(30)), progress).await,
            None => Ok(()),
        }
    }

    /// Sets the working connection up for a file.
    pub(super) async fn set_up(&mut self, settings: &[String]) -> Result<(), Failure> {
        self.settings = settings.to_vec();
        match link::set_up(self.main.client(), settings).await {
            Err(failure) if failure.kind == FailureKind::Unreachable || self.main.lost() => {
                self.reconnect(&failure.message, &dbwright_core::progress::Silent).await
            }
            done => done,
        }
    }

    async fn connect_both(&mut self) -> Result<(), Failure> {
        if self.main.lost() || self.main.client().check_connection().await.is_err() {
            self.main = Link::open(&self.address, &self.options).await?;
            link::set_up(self.main.client(), &self.settings).await?;
        }
        if self.watch.lost() || self.watch.client().check_connection().await.is_err() {
            self.watch = Link::open(&self.address, &self.options).await?;
        }
        if let Some(pulse) = &self.pulse {
            pulse.follow(&self.main, &self.watch);
        }
        self.main.writable()
    }
}

async fn full(text: &str, tries: &mut Tries, job: Job<'_>) -> Result<(), Failure> {
    let title = &job.step.title;
    if tries.began.elapsed() > job.limits.patience {
        return Err(Failure::internal("migrate.full", format!("{title}: {text}"))
            .hint("make room on the server; nothing of this attempt is left"));
    }
    job.progress.note(&format!("paused: {text}; make room on the server, it goes on by itself then"));
    job.progress.point("full");
    sleep(ROOM, title, job.progress).await
}

/// Sleeps, unless the user asks to stop.
pub(super) async fn sleep(pause: Duration, what: &str, progress: &dyn Progress) -> Result<(), Failure> {
    let until = Instant::now() + pause;
    loop {
        if progress.cancelled() {
            return Err(stopped(what));
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        tokio::time::sleep(left.min(Duration::from_millis(100))).await;
    }
}

pub(super) fn stopped(what: &str) -> Failure {
    Failure::new(FailureKind::Interrupted, "migrate.stopped", format!("stopped on request: {what}"))
}

fn gave_up(job: Job<'_>, text: &str, whom: Option<&str>, waited: Duration) -> Failure {
    let (step, waited) = (job.step, age(waited.as_secs_f64()));
    let on = if step.lock.objects.is_empty() { String::new() } else { format!(" on {}", step.lock.objects.join(", ")) };
    let lock = if step.lock.mode.is_empty() { "a lock".to_owned() } else { format!("the lock {}", step.lock.mode) };
    let message = format!("{}: {lock}{on} could not be had within {waited}: {text}", step.title);
    let failure = Failure::not_permitted("migrate.busy", message);
    match whom {
        Some(whom) => failure.hint(format!("it is held up by {whom}")),
        None => failure,
    }
}

/// Anything between 0 and 1: two runs that wait for each other's locks should not try at the same moments.
fn dice() -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    let bits = RandomState::new().hash_one(Instant::now());
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// The wait in a lock's queue for this attempt, in ms.
///
/// A lock that only other changes of the schema want holds up nobody while it is waited for. An autovacuum gives way, but
/// only after `deadlock_timeout`: whoever waits less never gets past it.
pub(super) fn queue_ms(job: Job<'_>, limits: &Limits, autovacuum: bool, deadlock_ms: u64) -> u64 {
    let base = u64::try_from(limits.lock_timeout.as_millis()).unwrap_or(u64::MAX).max(1);
    let quiet = matches!(job.step.lock.mode.as_str(), "SHARE UPDATE EXCLUSIVE");
    let base = if quiet { base.max(5_000) } else { base };
    if autovacuum { base.max(deadlock_ms.saturating_add(250)) } else { base }
}
