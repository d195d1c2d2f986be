//! Figures of tables and indexes that the common catalog has no place for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Server;

/// A schema of the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Name.
    pub name: String,
    /// Default character set of its tables.
    pub charset: String,
    /// Default collation.
    pub collation: String,
}

/// An event of the scheduler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// `ENABLED`, `DISABLED`, or disabled on replicas.
    pub status: String,
    /// Account that it runs as.
    pub definer: String,
    /// `ONE TIME` or `RECURRING`.
    pub kind: String,
    /// When it last ran.
    pub last_executed: Option<String>,
}

/// Figures of one table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TableFacts {
    /// Row format: `Dynamic`, `Compressed`, …
    pub row_format: String,
    /// Default collation.
    pub collation: String,
    /// `CREATE_OPTIONS`: `partitioned`, `row_format=…`, `encryption='Y'`.
    pub options: String,
    /// The next value of the `AUTO_INCREMENT` column.
    pub auto_increment: Option<u64>,
    /// Bytes that are allocated and not used.
    pub free_bytes: Option<u64>,
    /// Mean length of a row.
    pub row_bytes: Option<u64>,
    /// When it was created, as the server prints it.
    pub created: Option<String>,
    /// When the persistent statistics were last made; none when they were not, or can't be read.
    pub analyzed: Option<String>,
    /// Partitions in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<Partition>,
    /// Columns by name.
    pub columns: BTreeMap<String, ColumnFacts>,
    /// Row operations since the counters' start; none when they can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io: Option<Io>,
    /// Of a view: whether the server says that what it refers to is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invalid: bool,
    /// Of a view: whether it runs with the rights of who asks, and not with its definer's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_invoker: bool,
}

impl TableFacts {
    /// Seconds that the table's counters cover: they begin with the server's start, and anew with each `ALTER` of the table.
    #[must_use]
    pub fn counted_s(&self, server: &Server) -> f64 {
        let up = server.uptime_s as f64;
        let made =
            self.created.as_deref().and_then(|text| text.replace(' ', "T").parse::<jiff::civil::DateTime>().ok());
        let now = server.now.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        let age = made.map(|made| now.duration_since(made).as_secs_f64());
        age.map_or(up, |age| age.max(0.0).min(up))
    }
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partition {
    /// Name, `partition/subpartition` where there are such.
    pub name: String,
    /// Bound or list: `LESS THAN` value.
    pub description: Option<String>,
    /// Estimated rows.
    pub rows: Option<f64>,
    /// Bytes with indexes.
    pub bytes: Option<u64>,
}

/// Facts of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ColumnFacts {
    /// Character set of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// Collation of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Greatest length of a text in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characters: Option<u64>,
    /// `EXTRA`: `auto_increment`, `on update CURRENT_TIMESTAMP`, `INVISIBLE`, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub extra: String,
    /// Comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// Facts of an index.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct IndexFacts {
    /// Whether the optimiser may use it (MySQL: visible, MariaDB: not ignored).
    pub visible: bool,
    /// Prefix lengths of its key parts; none for whole columns.
    pub prefixes: Vec<Option<u32>>,
    /// Estimated distinct values of the first, the first two, … parts.
    pub cardinality: Vec<Option<u64>>,
    /// Comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Row operations by way of it since the counters' start; none when they can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io: Option<Io>,
}

/// Row operations.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Io {
    /// Rows fetched.
    pub fetched: u64,
    /// Rows inserted.
    pub inserted: u64,
    /// Rows updated.
    pub updated: u64,
    /// Rows deleted.
    pub deleted: u64,
    /// Time waited, in ms, when measured.
    pub wait_ms: Option<f64>,
}

impl Io {
    /// Rows changed.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.inserted + self.updated + self.deleted
    }
}
