//! How hard a change may press on its target: limits that users set, and the size of the next batch.

use std::time::Duration;

/// What a change may do to others.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Longest wait in a lock's queue, because whatever comes later waits behind: a quarter of a second is what a request
    /// may take without anybody noticing, and well below the second after which PostgreSQL looks for deadlocks.
    pub lock_timeout: Duration,
    /// How long a lock is tried for, pauses included, before the command ends (and can be resumed).
    pub lock_patience: Duration,
    /// How long one batch should take: what it locks is locked for no longer.
    pub batch: Duration,
    /// Rows of the first batch.
    pub first_batch: u64,
    /// The most rows of a batch.
    pub largest_batch: u64,
    /// Pause after a batch as a share of the time that it took: 1 leaves the target to others half of the time.
    pub pause: f64,
    /// Replicas may be behind by this much.
    pub replica_lag: Duration,
    /// And by this many bytes of log: one that stands still tells no time.
    pub replica_bytes: u64,
    /// Sessions that may wait for a lock, whoever holds it.
    pub waiting: u32,
    /// Sessions that may be at work, when there is a limit.
    pub active: Option<u32>,
    /// How long an unhealthy target is waited for before the command ends (and can be resumed).
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_millis(250),
            lock_patience: Duration::from_mins(10),
            batch: Duration::from_millis(100),
            first_batch: 500,
            largest_batch: 50_000,
            pause: 0.5,
            replica_lag: Duration::from_secs(10),
            replica_bytes: 256 * 1024 * 1024,
            waiting: 10,
            active: None,
            patience: Duration::from_hours(1),
        }
    }
}

impl Limits {
    /// No pauses and no looking at load (`--no-throttle`): batches and short lock waits remain.
    #[must_use]
    pub fn unthrottled() -> Self {
        Self {
            pause: 0.0,
            replica_lag: Duration::MAX,
            replica_bytes: u64::MAX,
            waiting: u32::MAX,
            active: None,
            ..Self::default()
        }
    }
}

/// The rows of the next batch: as many as take about the wanted time, by how the last one did.
#[must_use]
pub fn next_batch(rows: u64, took: Duration, limits: &Limits) -> u64 {
    let ratio = limits.batch.as_secs_f64() / took.as_secs_f64().max(0.000_1);
    // At most double or half: one odd batch says little.
    let wanted = rows as f64 * ratio.clamp(0.5, 2.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and the largest batch")]
    let rows = wanted.clamp(1.0, limits.largest_batch.max(1) as f64) as u64;
    rows.max(10.min(limits.largest_batch.max(1)))
}

/// How long to wait before the next attempt at a lock: longer each time, and never in step with others.
///
/// `dice` is anything between 0 and 1.
#[must_use]
pub fn backoff(attempt: u32, dice: f64) -> Duration {
    let base = 0.2 * 1.6_f64.powi(i32::try_from(attempt.min(20)).unwrap_or(20));
    Duration::from_secs_f64(base.min(15.0) * (0.5 + dice.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_grows_and_shrinks_towards_the_wanted_time_within_bounds() {
        let limits = Limits::default();
        assert_eq!(next_batch(500, Duration::from_millis(5), &limits), 1000);
        assert_eq!(next_batch(1000, Duration::from_millis(100), &limits), 1000);
        assert_eq!(next_batch(1000, Duration::from_secs(3), &limits), 500);
        assert_eq!(next_batch(12, Duration::from_secs(3), &limits), 10);
        assert_eq!(next_batch(40_000, Duration::ZERO, &limits), 50_000);
        assert_eq!(next_batch(5, Duration::ZERO, &Limits { largest_batch: 3, ..limits }), 3);
    }

    #[test]
    fn attempts_at_a_lock_get_rarer_and_never_stop() {
        assert!(backoff(0, 0.0) >= Duration::from_millis(100));
        assert!(backoff(3, 0.5) > backoff(1, 0.5));
        assert!(backoff(u32::MAX, 1.0) <= Duration::from_millis(22_500));
    }
}
