//! Readers and writers on the tables that a change touches, each statement timed.
//!
//! They name their columns, as an application does that was written before the change. They run on a thread of their own, so
//! that neither the change nor the watcher slows them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dbwright_core::Failure;

use super::clients;
use super::report::{LoadFailure, LoadRun};
use super::stage::Clients;

/// A statement that is repeated with one key after another.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// Before the key.
    pub head: String,
    /// Conditions that each find one row.
    pub keys: Arc<Vec<String>>,
    /// Behind the key.
    pub tail: String,
    /// What is run behind it, with the literal of each key that was given back at its end.
    pub clean_up: Option<String>,
}

/// One statement, ready to be run.
#[derive(Debug)]
pub struct Turn {
    /// The statement.
    pub sql: String,
    /// As failures name it.
    pub shown: String,
    /// What is run behind it with the literal of each returned key.
    pub clean_up: Option<String>,
}

impl Template {
    /// The statement with one of the keys; `dice` gives a number below its argument.
    pub fn turn(&self, dice: &mut dyn FnMut(usize) -> usize) -> Turn {
        let key = self.keys.get(dice(self.keys.len())).map_or("true", String::as_str);
        let text = |key: &str| format!("{}{key}{}", self.head, self.tail);
        Turn { sql: format!("/* dbwright */ {}", text(key)), shown: text("…"), clean_up: self.clean_up.clone() }
    }
}

/// Kinds of failures that are told, at most.
const KINDS: usize = 20;

/// One statement that was done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// When it ended, in ms since the load began.
    pub(super) at: f64,
    /// How long it took, in ms.
    pub(super) ms: f64,
}

/// One that failed.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub(super) at: f64,
    pub(super) statement: String,
    pub(super) error: String,
}

/// What the clients share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) templates: Vec<Template>,
    begun: Instant,
    pub(super) pause: Duration,
    pub(super) stop: AtomicBool,
    pub(super) samples: Mutex<Vec<Sample>>,
    pub(super) failed: Mutex<Vec<Failed>>,
}

impl Shared {
    pub(super) fn now(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }
}

/// A load under way. Dropping it ends it.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Load {
    /// Begins; each client waits for `pause` between two statements.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(
        connector: Arc<dyn Clients>,
        templates: Vec<Template>,
        clients: usize,
        pause: Duration,
    ) -> Result<Self, Failure> {
        let shared = Arc::new(Shared {
            templates,
            begun: Instant::now(),
            pause,
            stop: AtomicBool::new(false),
            samples: Mutex::default(),
            failed: Mutex::default(),
        });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("dbwright-load".to_owned())
            .spawn(move || clients::run_all(&*connector, &theirs, clients))
            .map_err(|e| Failure::internal("rehearse.load", format!("no thread for the load: {e}")))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Ms since the load began.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.shared.now()
    }

    /// What ended in a stretch of time, in ms since the load began.
    #[must_use]
    pub fn between(&self, from: f64, to: f64) -> LoadRun {
        let within = |at: f64| at >= from && at < to;
        let samples = self.shared.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let mut times: Vec<f64> = samples.iter().filter(|one| within(one.at)).map(|one| one.ms).collect();
        drop(samples);
        times.sort_by(f64::total_cmp);
        let failed = self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let failed: Vec<&Failed> = failed.iter().filter(|one| within(one.at)).collect();
        LoadRun {
            ms: to - from,
            statements: times.len() as u64,
            p50_ms: percentile(&times, 50),
            p99_ms: percentile(&times, 99),
            longest_ms: times.last().copied().unwrap_or(0.0),
            failed: failed.len() as u64,
            failures: kinds(&failed),
        }
    }

    /// How many failed in a stretch of time.
    pub(super) fn failed_between(&self, from: f64, to: f64) -> u64 {
        let failed = self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.iter().filter(|one| one.at >= from && one.at < to).count() as u64
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A client that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

/// Of a sorted series, by nearest rank; 0 of an empty one.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).copied().unwrap_or(0.0)
}

fn kinds(failed: &[&Failed]) -> Vec<LoadFailure> {
    let mut kinds: Vec<LoadFailure> = Vec::new();
    for one in failed {
        let known = kinds.iter().position(|kind| kind.statement == one.statement && kind.error == one.error);
        if let Some(known) = known {
            kinds[known].times += 1;
        } else if kinds.len() < KINDS {
            kinds.push(LoadFailure { statement: one.statement.clone(), error: one.error.clone(), times: 1 });
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let series: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!((percentile(&series, 50), percentile(&series, 99)), (100.0, 198.0));
        assert_eq!((percentile(&[7.0], 99), percentile(&[], 50)), (7.0, 0.0));
    }
}
