//! What the server waited for, and what it uses its memory for (`performance_schema`).

use serde::{Deserialize, Serialize};

/// An event that the server waited for, since its start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Wait {
    /// Its name: `wait/io/file/sql/binlog`.
    pub event: String,
    /// How often.
    pub count: u64,
    /// How long in all, in ms.
    pub total_ms: f64,
    /// The longest, in ms.
    pub max_ms: f64,
}

/// A use of memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Memory {
    /// Its name: `memory/innodb/buf_buf_pool`.
    pub event: String,
    /// Bytes now.
    pub bytes: u64,
    /// Most bytes since the start.
    pub most: u64,
}
