//! SQLite's part of a snapshot.

use dbwright_core::workload::Workload;
use dbwright_sql::model::Catalog;
use serde::{Deserialize, Serialize};

/// What was observed of one database file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SqliteBody {
    /// The schema.
    pub catalog: Catalog,
    /// Statements that the user gave.
    pub workload: Option<Workload>,
}
