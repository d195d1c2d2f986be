//! Figures of InnoDB that neither variables nor status have.

use std::collections::BTreeMap;

use dbwright_sql::model::ObjectId;
use serde::{Deserialize, Serialize};

/// Figures of InnoDB.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Innodb {
    /// Transactions whose old row versions are not purged yet.
    pub history: Option<u64>,
    /// Deadlocks since the start.
    pub deadlocks: Option<u64>,
    /// Waits for row locks that were given up since the start; none where the server does not count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_timeouts: Option<u64>,
    /// The latest deadlock since the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadlock: Option<Deadlock>,
    /// Bytes of redo log written since the last checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_age: Option<u64>,
    /// Figures of tables that the server has open, by their id in the catalog; a partitioned table is the sum of its partitions.
    pub tables: BTreeMap<ObjectId, InnodbTable>,
}

/// A deadlock that InnoDB resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Deadlock {
    /// How long ago, in seconds.
    pub seconds_ago: u64,
    /// The transactions that waited for each other.
    pub parties: Vec<Party>,
    /// The one that was rolled back, from 1.
    pub victim: Option<usize>,
}

/// A transaction of a deadlock, with what it waited for. No values.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Party {
    /// Connection id.
    pub id: u64,
    /// `schema.table` of the row.
    pub table: Option<String>,
    /// Index whose entry it wanted.
    pub index: Option<String>,
    /// The lock, in the server's words: `X locks rec but not gap`.
    pub mode: Option<String>,
    /// Its statement, normalised.
    pub statement: Option<String>,
}

/// What InnoDB knows of an open table, fresher than `information_schema.TABLES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InnodbTable {
    /// Rows, estimated.
    pub rows: u64,
    /// Rows changed since the statistics were made.
    pub modified: u64,
    /// Next value of the `AUTO_INCREMENT` column; 0 when there is none or it was not used yet.
    pub next: u64,
    /// Rows by the persistent statistics, where they can be read.
    pub counted: Option<u64>,
    /// Age of the persistent statistics in seconds, where they can be read.
    pub age_s: Option<u64>,
}
