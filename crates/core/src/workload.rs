//! A workload: the shapes of statements that a database really runs, and what they cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Statement shapes with their costs over one window.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Workload {
    /// Where it was read (`pg_stat_statements`, `file queries.sql`).
    pub source: String,
    /// Length of the window that the counters cover, in seconds, when known.
    pub window_s: Option<f64>,
    /// How many shapes the source dropped for lack of room, when it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u64>,
    /// The shapes, most total time first.
    pub statements: Vec<Statement>,
    /// What the reader should know of the source, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One statement shape.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// Name of the shape: the source's own id, or a hash of the normalised text.
    pub fingerprint: String,
    /// Text, with literals as the source gives them (normalised, or one sample).
    pub text: String,
    /// How often it ran in the window; a weight when it comes from a file.
    pub calls: f64,
    /// Total time in ms, when the source measures it.
    pub total_ms: Option<f64>,
    /// Mean time in ms.
    pub mean_ms: Option<f64>,
    /// Longest time in ms.
    pub max_ms: Option<f64>,
    /// Standard deviation of the time in ms.
    pub stddev_ms: Option<f64>,
    /// Rows returned or changed, in all.
    pub rows: Option<f64>,
    /// Who ran it, when the source says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Database that it ran in, when the source tells of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Whether it ran inside a function or procedure, when the source tells; it may then name variables.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nested: bool,
    /// Blocks found in shared buffers, in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_blks_hit: Option<f64>,
    /// Blocks read from disk or the system's cache, in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_blks_read: Option<f64>,
    /// Complete statements of this shape, with real parameters, when the source gives them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
}
