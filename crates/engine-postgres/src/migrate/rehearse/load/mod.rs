//! Readers and writers on the tables that a change touches, made from the schema alone, each statement timed.
//!
//! They speak the simple protocol and name their columns, as an application does that was written before the change. They
//! run on a thread of their own, so that neither the change nor the watcher slows them.

mod client;
mod templates;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_migrate::rehearse::{LoadFailure, LoadRun};
use dbwright_sql::model::Table;

pub(super) use templates::{Template, templates};

/// Kinds of failures that are told, at most.
const KINDS: usize = 20;

/// One statement that was done.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// When it ended, in ms since the load began.
    at: f64,
    /// How long it took, in ms.
    ms: f64,
}

/// One that failed.
#[derive(Debug, Clone)]
struct Failed {
    at: f64,
    statement: String,
    error: String,
}

/// What the clients share.
#[derive(Debug)]
struct Shared {
    templates: Vec<Template>,
    begun: Instant,
    pause: Duration,
    stop: AtomicBool,
    samples: Mutex<Vec<Sample>>,
    failed: Mutex<Vec<Failed>>,
}

impl Shared {
    fn now(&self) -> f64 {
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
    /// Begins on tables of a database, named as `schema.table`.
    ///
    /// # Errors
    /// When the database can't be reached or read.
    pub async fn on(url: &str, tables: &[&str], clients: usize, pause: Duration) -> Result<Self, Failure> {
        let address = Address::parse(url)?;
        let options = ObserveOptions { values: Values::None, ..ObserveOptions::default() };
        let (_, body) = crate::observe::take(&address, &options, &Silent).await?;
        let named = |table: &&Table| tables.contains(&format!("{}.{}", table.schema, table.name).as_str());
        let tables: Vec<&Table> = body.catalog.tables.iter().filter(named).collect();
        let connection = crate::connect::open(&address, options.connect_timeout).await?;
        let templates = templates(&connection.client, &tables).await?;
        Self::start(&address, templates, clients, pause)
    }

    /// Begins; each client waits for `pause` between two statements.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(super) fn start(
        address: &Address,
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
        let (address, theirs) = (address.clone(), Arc::clone(&shared));
        let thread = std::thread::Builder::new()
            .name("dbwright-load".to_owned())
            .spawn(move || client::run_all(&address, &theirs, clients))
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
