//! Watches a piece of work from a second connection: its locks and how long, who waits for it, what it rewrites and writes.
//!
//! The locks are looked at every few milliseconds, on a thread of its own so that the work can't starve the watcher. A lock
//! that came and went between two looks is not seen; whoever runs the statement can ask [`inside`] before its commit and
//! has the exact list.

mod files;
mod inside;
mod watcher;

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;

use dbwright_core::Failure;
use dbwright_core::target::Address;
use dbwright_migrate::rehearse::Waits;
use dbwright_migrate::rehearse::watcher::Watcher;

pub use crate::migrate::LockMode;
pub use inside::{Inside, Relations, inside, relations};

/// Whose work is watched.
#[derive(Debug, Clone)]
pub enum Who {
    /// One session.
    Pid(i32),
    /// Every session whose `application_name` is this.
    Application(String),
}

/// A lock that the work held.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The relation as `schema.name`, unquoted.
    pub relation: String,
    /// What it is: `pg_class.relkind`, `r` for a table, `i` for an index.
    pub kind: char,
    /// The mode.
    pub mode: LockMode,
    /// The longest time in one go, in ms: from the last look without it to the first look after it, so never too short.
    pub longest_ms: f64,
    /// All times together, in ms.
    pub total_ms: f64,
    /// How often it was taken, as far as was seen.
    pub times: u32,
    /// Whether the relation was there before the work began; nobody else can see one that was not, until it is committed.
    pub was_there: bool,
}

/// What a piece of work did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// From the beginning to the end of the watch, in ms.
    pub ms: f64,
    /// The locks on user relations, by relation, the strongest first.
    pub locks: Vec<Held>,
    /// The locks that it had to wait for, on relations that were there before, as `schema.name`.
    pub wanted: BTreeSet<(String, LockMode)>,
    /// How long the work itself waited for locks, in ms.
    pub waited_ms: f64,
    /// The others.
    pub blocked: Waits,
    /// Relations with another file than before, as `schema.name`, with their kind; indexes are matched by name.
    pub rewritten: Vec<(String, char)>,
    /// Bytes of log that the whole server wrote.
    pub wal_bytes: u64,
    /// Bytes of temporary files; none when they could not be seen.
    pub temp_bytes: Option<u64>,
    /// How often was looked.
    pub looks: u64,
}

impl Trace {
    /// Watches while `work` runs. `work` may block its thread.
    ///
    /// # Errors
    /// When the watcher can't connect or its connection breaks.
    pub async fn of<T>(url: &str, who: Who, work: impl Future<Output = T>) -> Result<(T, Self), Failure> {
        let tracer = Tracer::start(url, who).await?;
        let done = work.await;
        Ok((done, tracer.cut().await?))
    }

    /// The strongest lock on a relation (`schema.name`) that was there before.
    #[must_use]
    pub fn strongest(&self, relation: &str) -> Option<&Held> {
        self.locks.iter().find(|held| held.relation == relation)
    }

    /// The longest time in one go that a lock of this mode or a stronger one was held on tables that were there before.
    #[must_use]
    pub fn longest_ms(&self, mode: LockMode) -> f64 {
        let tables = self.locks.iter().filter(|held| held.was_there && held.mode >= mode && held.kind != 'i');
        tables.map(|held| held.longest_ms).fold(0.0, f64::max)
    }

    /// Whether a table's file is another than before.
    #[must_use]
    pub fn rewrote(&self, relation: &str) -> bool {
        self.rewritten.iter().any(|(name, _)| name == relation)
    }
}

/// A watcher at work. Dropping it ends it.
#[derive(Debug)]
pub struct Tracer {
    watcher: Watcher<Trace>,
}

/// How a watcher looks.
#[derive(Debug, Clone)]
pub struct Look {
    /// Time between two looks.
    pub every: std::time::Duration,
    /// The server's log, when it is at hand and `log_temp_files` is 0: the bytes of temporary files come from it.
    pub log: Option<PathBuf>,
}

impl Default for Look {
    fn default() -> Self {
        Self { every: std::time::Duration::from_millis(3), log: None }
    }
}

impl Tracer {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the server can't be reached or refuses.
    pub async fn start(url: &str, who: Who) -> Result<Self, Failure> {
        Self::start_with(url, who, Look::default()).await
    }

    /// Begins to watch, looking in a way of its own.
    ///
    /// # Errors
    /// When the server can't be reached or refuses.
    pub async fn start_with(url: &str, who: Who, look: Look) -> Result<Self, Failure> {
        let address = Address::parse(url)?;
        let watcher = Watcher::start(move || watcher::Watcher::begin(address, who, look)).await?;
        Ok(Self { watcher })
    }

    /// What was done since the beginning or the last cut. Watching goes on.
    ///
    /// # Errors
    /// When the watcher's connection broke.
    pub async fn cut(&self) -> Result<Trace, Failure> {
        self.watcher.cut().await
    }
}
