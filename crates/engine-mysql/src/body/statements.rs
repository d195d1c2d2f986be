//! Statements as the server counts them (`performance_schema`), by their normalised text.

use serde::{Deserialize, Serialize};

/// The counted statements.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Digests {
    /// Seconds that the counters cover.
    pub window_s: f64,
    /// Time of all statements in ms, those included that are not told one by one.
    pub total_ms: f64,
    /// Statements, most time first.
    pub statements: Vec<Digest>,
}

/// One statement shape in one schema.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Digest {
    /// The server's name of the shape.
    pub id: String,
    /// Default schema that it ran in.
    pub schema: Option<String>,
    /// Normalised text.
    pub text: String,
    /// Calls.
    pub calls: u64,
    /// Time of all calls in ms.
    pub total_ms: f64,
    /// Time of the longest call in ms.
    pub max_ms: f64,
    /// Time spent waiting for table locks in ms.
    pub lock_ms: f64,
    /// Rows read.
    pub examined: u64,
    /// Rows returned.
    pub sent: u64,
    /// Rows changed.
    pub affected: u64,
    /// Temporary tables.
    pub tmp_tables: u64,
    /// Temporary tables on the disk.
    pub tmp_disk_tables: u64,
    /// Merge passes of sorts.
    pub merge_passes: u64,
    /// Rows sorted.
    pub sorted: u64,
    /// Calls that read a table without any index.
    pub no_index: u64,
    /// Values in the longest list after an `IN` of its sample; the values are not kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub list: u64,
    /// Whether the sample ends within that list, so that it has more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list_cut: bool,
    /// Columns that its sample compares with numbers, as paths of names; the numbers are not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<Vec<String>>,
    /// Time zones that its sample names; what it converts is not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// One statement of the shape with its values, where the server keeps it and values may be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Digest {
    /// Mean time of a call in ms.
    #[must_use]
    pub fn mean_ms(&self) -> f64 {
        self.total_ms / (self.calls as f64).max(1.0)
    }

    /// A counter's mean for a call.
    #[must_use]
    pub fn each(&self, counter: u64) -> f64 {
        counter as f64 / (self.calls as f64).max(1.0)
    }
}
