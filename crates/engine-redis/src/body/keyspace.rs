//! The sample of the keyspace, and its projection to the whole.

use std::collections::BTreeMap;

use dbwright_core::report::TableSize;
use serde::{Deserialize, Serialize};

/// The keyspace, as a sample shows it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Keyspace {
    /// Every database that holds keys, of every master.
    pub databases: Vec<Database>,
    /// Keys in all that the sample stands for.
    pub keys: u64,
    /// Names that were read.
    pub names: u64,
    /// Keys whose type, memory, expiry and use were read.
    pub detailed: u64,
    /// Whether every key was read, so that nothing is an estimate.
    pub complete: bool,
    /// Why the sample ended: `complete`, `time`, `keys`, `bytes`, `stopped`, `failed`, or empty.
    pub ended: String,
    /// Seconds that it took.
    pub seconds: f64,
    /// Seconds of the servers' time that it cost, at most.
    pub server_seconds: f64,
    /// Bytes of all keys, projected.
    pub bytes: Estimate,
    /// Patterns of names, most bytes first.
    pub patterns: Vec<Pattern>,
    /// The largest keys that were met.
    pub largest: Vec<LargeKey>,
    /// The keys that are asked for most, of those that were met; empty unless the server counts.
    pub hottest: Vec<HotKey>,
    /// Streams that were met, the first hundred.
    pub streams: Vec<Stream>,
    /// Greatest difference of a large pattern's share between parts of the keyspace, in standard errors; a figure
    /// above 5 says that the order of the scan is not as good as random. None when everything was read.
    pub unevenness: Option<f64>,
}

/// One database of one master.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Database {
    /// The master.
    pub node: String,
    /// Number.
    pub number: u64,
    /// Keys.
    pub keys: u64,
    /// Keys that expire.
    pub expires: u64,
    /// Mean time to live in ms, as the server estimates; 0 when it does not know.
    pub avg_ttl_ms: u64,
}

/// A projected figure.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Half the width of its 95 % interval; 0 when it was counted.
    pub error: f64,
}

/// Keys whose names have the same shape.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pattern {
    /// Shape of the name: parts that vary are `*`; bytes that are no text are escaped (`\x00`).
    pub name: String,
    /// Database.
    pub database: u64,
    /// Names of it that were read.
    pub names: u64,
    /// Keys of it that were looked at: types, encodings, expiry and idle time are of these.
    pub detailed: u64,
    /// Keys of it whose size was read.
    pub sized: u64,
    /// How many keys there are.
    pub keys: Estimate,
    /// Bytes that they take (`MEMORY USAGE`).
    pub bytes: Estimate,
    /// Bytes of the largest that was met.
    pub largest: u64,
    /// Keys looked at, by type.
    pub types: BTreeMap<String, u64>,
    /// Keys looked at, by encoding.
    pub encodings: BTreeMap<String, u64>,
    /// When they expire.
    pub expiry: Expiry,
    /// Seconds since they were last used; none when the server does not keep it (LFU).
    pub idle_s: Option<Spread>,
    /// How often they are used, on the server's logarithmic scale of 0 to 255; none without an LFU policy.
    pub frequency: Option<Spread>,
    /// Bytes of a key.
    pub size: Option<Spread>,
    /// Elements of a hash, set, sorted set or list, of those that are not kept in the compact form; none when they
    /// were not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<Spread>,
    /// Kinds of values; none when they were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Values>,
}

impl Pattern {
    /// Share of the keys looked at that have a type, 0 to 1.
    #[must_use]
    pub fn share_of_type(&self, kind: &str) -> f64 {
        self.share(self.types.get(kind).copied().unwrap_or(0))
    }

    /// Share of the keys looked at that never expire, 0 to 1.
    #[must_use]
    pub fn share_without_expiry(&self) -> f64 {
        self.share(self.expiry.without)
    }

    fn share(&self, count: u64) -> f64 {
        if self.detailed == 0 { 0.0 } else { count as f64 / self.detailed as f64 }
    }
}

/// When the keys of a pattern expire.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Expiry {
    /// Keys looked at that never expire.
    pub without: u64,
    /// Keys looked at that do.
    pub with: u64,
    /// Seconds that they have left.
    pub left_s: Option<Spread>,
    /// Greatest share of them that expires within one and the same minute.
    pub same_minute: f64,
    /// In how many seconds that minute begins.
    pub minute_starts_s: f64,
}

/// How a figure is spread.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// A tenth is below.
    pub p10: f64,
    /// Half is below.
    pub median: f64,
    /// Nine tenths are below.
    pub p90: f64,
    /// The greatest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
}

impl Spread {
    /// The spread of a series; none for an empty one.
    #[must_use]
    pub fn of(mut series: Vec<f64>) -> Option<Self> {
        series.sort_by(f64::total_cmp);
        let last = series.len().checked_sub(1)?;
        let at = |tenths: usize| series.get(last * tenths / 10).copied().unwrap_or_default();
        let mean = series.iter().sum::<f64>() / series.len() as f64;
        Some(Self { min: at(0), p10: at(1), median: at(5), p90: at(9), max: at(10), mean })
    }
}

/// What the values of some strings look like; their text is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Values {
    /// Strings whose first bytes were looked at.
    pub looked: u64,
    /// Begin as a JSON object or array.
    pub json: u64,
    /// Begin as something compressed (gzip, zstd, LZ4 frame).
    pub compressed: u64,
}

/// A large key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LargeKey {
    /// Its name, escaped; its pattern with `--no-values`.
    pub key: String,
    /// Its pattern.
    pub pattern: String,
    /// The master that has it.
    pub node: String,
    /// Database.
    pub database: u64,
    /// Type.
    pub kind: String,
    /// Encoding.
    pub encoding: String,
    /// Bytes.
    pub bytes: u64,
    /// Elements, or bytes of a string; none when that could not be read without counting as an access.
    pub length: Option<u64>,
    /// Seconds left; none when it never expires.
    pub ttl_s: Option<u64>,
}

/// A key that is asked for often.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HotKey {
    /// Its name, escaped; its pattern with `--no-values`.
    pub key: String,
    /// Its pattern.
    pub pattern: String,
    /// The master that has it.
    pub node: String,
    /// Database.
    pub database: u64,
    /// Type.
    pub kind: String,
    /// Bytes.
    pub bytes: u64,
    /// The server's logarithmic counter, 0 to 255.
    pub frequency: u64,
}

/// A stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stream {
    /// Its name, escaped; its pattern with `--no-values`.
    pub key: String,
    /// Its pattern.
    pub pattern: String,
    /// The master that has it.
    pub node: String,
    /// Database.
    pub database: u64,
    /// Bytes.
    pub bytes: u64,
    /// Entries.
    pub length: u64,
    /// Entries that were ever added (7.0).
    pub added: Option<u64>,
    /// Milliseconds since 1970 of the first entry that is left, when its id is a time.
    pub first_ms: Option<u64>,
    /// The same of the last.
    pub last_ms: Option<u64>,
    /// Id of the first entry that some group has not yet received and acknowledged: what is before it is done. None
    /// without groups, or when nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_to: Option<String>,
    /// Consumer groups.
    pub groups: Vec<StreamGroup>,
}

/// A consumer group of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StreamGroup {
    /// Name.
    pub name: String,
    /// Consumers.
    pub consumers: u64,
    /// Entries that were delivered and not acknowledged.
    pub pending: u64,
    /// Seconds since the oldest of them was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_pending_s: Option<u64>,
    /// Entries that were not delivered yet (7.0); none when the server can't tell.
    pub lag: Option<u64>,
}

impl Keyspace {
    /// The patterns by their projected bytes, the largest first.
    #[must_use]
    pub(crate) fn sizes(&self) -> Vec<TableSize> {
        let many = self.patterns.iter().any(|pattern| pattern.database != 0);
        let name = |pattern: &Pattern| {
            if many { format!("{} (db {})", pattern.name, pattern.database) } else { pattern.name.clone() }
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes are not negative")]
        let size = |pattern: &Pattern| TableSize {
            name: name(pattern),
            bytes: pattern.bytes.value.round() as u64,
            index_bytes: 0,
        };
        let mut sizes: Vec<_> = self.patterns.iter().map(size).collect();
        sizes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        sizes
    }
}
