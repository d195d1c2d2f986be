//! What an engine is, as data, and the one trait that every engine implements.

use std::path::PathBuf;
use std::time::Duration;

use crate::progress::Progress;
use crate::snapshot::{Header, Snapshot};
use crate::target::Address;
use crate::workload::Workload;
use crate::{BoxFuture, Failure};

/// Facts about an engine; `dbwright engines` and the docs are printed from it.
#[derive(Debug)]
pub struct EngineInfo {
    /// Id used in snapshots, reports and rule docs: `postgres`, `sqlite`, …
    pub id: &'static str,
    /// Name as its makers write it.
    pub name: &'static str,
    /// URL schemes that lead to it, the canonical one first.
    pub schemes: &'static [&'static str],
    /// Supported versions, for people.
    pub versions: &'static str,
    /// What can be done on it: `observe`, `check`, `explain`, `lab`, `schema-file`, `prove`, …
    pub capabilities: &'static [Capability],
}

/// One thing that can be done on an engine.
#[derive(Debug)]
pub struct Capability {
    /// Its word, the same for every engine.
    pub name: &'static str,
    /// How, or with which limits, in one phrase.
    pub how: &'static str,
}

/// Values of columns that an engine's own column statistics hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// All that the engine keeps: what a snapshot file needs, so that plans can be made from it.
    All,
    /// The greatest of whole-number columns only: what rules need, at a fraction of the bytes.
    Greatest,
    /// None (`--no-values`).
    None,
}

/// How much of a keyspace may be sampled; whichever limit is reached first ends the sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleLimits {
    /// Longest time.
    pub time: Duration,
    /// Most keys.
    pub keys: u64,
    /// Most bytes of answers.
    pub bytes: u64,
}

impl Default for SampleLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(5), keys: 1_000_000, bytes: 256_000_000 }
    }
}

impl SampleLimits {
    /// The limits of one of `servers` that are sampled at the same time: time is everybody's own, the rest is shared.
    #[must_use]
    pub const fn share(self, servers: usize) -> Self {
        let parts = if servers == 0 { 1 } else { servers as u64 };
        Self { time: self.time, keys: self.keys.div_ceil(parts), bytes: self.bytes.div_ceil(parts) }
    }

    /// The limits of a part that is sampled in turn with others.
    #[must_use]
    pub fn part(self, share: f64) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count is a count")]
        let of = |count: u64| (count as f64 * share).ceil() as u64;
        Self { time: self.time.mul_f64(share), keys: of(self.keys), bytes: of(self.bytes) }
    }
}

/// How to observe.
#[derive(Debug, Clone)]
pub struct ObserveOptions {
    /// Which values of columns may be read with the column statistics.
    pub values: Values,
    /// Longest wait for a lock.
    pub lock_timeout: Duration,
    /// Longest time of one catalog query.
    pub statement_timeout: Duration,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// A workload that the user gave, when the engine keeps none.
    pub workload: Option<Workload>,
    /// How much an engine that samples rows or keys may sample.
    pub sample: SampleLimits,
    /// Folders with the engine's own programs (`--programs`), the first tried first.
    pub programs: Vec<PathBuf>,
}

impl Default for ObserveOptions {
    fn default() -> Self {
        Self {
            values: Values::All,
            lock_timeout: Duration::from_secs(1),
            statement_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            workload: None,
            sample: SampleLimits::default(),
            programs: Vec::new(),
        }
    }
}

/// What every engine implements: it can be observed, and its snapshots can be read back.
///
/// Everything else an engine can do is a port that a capability crate defines.
pub trait Engine: Send + Sync {
    /// Facts about the engine.
    fn info(&self) -> &'static EngineInfo;

    /// The name of the product that calls its version so, where several share an engine.
    fn product(&self, _version: &str) -> &'static str {
        self.info().name
    }

    /// Takes a snapshot without writing to, or strongly locking, the target.
    ///
    /// # Errors
    /// When the target can't be reached, refuses, or is no database of this engine. A missing
    /// privilege or a failed part is no error: it becomes a gap of the snapshot.
    fn observe<'a>(
        &'a self,
        address: &'a Address,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot, Failure>>;

    /// Reads the body of a snapshot file of this engine back.
    ///
    /// # Errors
    /// When the body does not have the documented shape.
    fn decode(&self, header: Header, body: &str) -> Result<Snapshot, Failure>;
}
