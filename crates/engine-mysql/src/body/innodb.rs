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
    /// Figures of tables that the server has open, by their id in the catalog; a partitioned table is the sum of its partitions.
    pub tables: BTreeMap<ObjectId, InnodbTable>,
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
