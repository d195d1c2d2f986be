//! The report of `check`: the stable JSON that tools build on.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, NotLookedAt};
use crate::scorecard::Metric;
use crate::severity::Severity;
use crate::snapshot::{Gap, Header};

/// Version of the JSON that [`Report`] serialises to; it grows when a field changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// What `check` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of dbwright that wrote it.
    pub dbwright: String,
    /// What was looked at.
    pub target: ReportTarget,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// How many findings of each severity.
    pub summary: Summary,
    /// The promises, measured.
    pub scorecard: Vec<Metric>,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
    /// Rules that could not look, with what would let them.
    pub not_looked_at: Vec<NotLookedAt>,
    /// Areas that could not be observed at all, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Findings left out by `ignore`, `--baseline` or `--min-severity`.
    #[serde(default, skip_serializing_if = "Hidden::is_none")]
    pub hidden: Hidden,
    /// What the reader should know about the report itself, one sentence each (an expired `ignore` entry).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The target of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportTarget {
    /// Engine id: `postgres`, `sqlite`, …
    pub engine: String,
    /// The server's or library's version.
    pub version: String,
    /// Name without secrets: host and database, or the file.
    pub name: String,
}

impl ReportTarget {
    /// What a snapshot was taken of.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        Self { engine: header.engine.clone(), version: header.version.clone(), name: header.name.clone() }
    }
}

/// How large one table (or its engine's equivalent) is; for the picture of sizes, not part of the JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSize {
    /// Object path.
    pub name: String,
    /// Bytes of the rows, with TOAST or overflow, without indexes.
    pub bytes: u64,
    /// Bytes of its indexes.
    pub index_bytes: u64,
}

/// Findings counted by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Findings of severity `critical`.
    pub critical: usize,
    /// Findings of severity `high`.
    pub high: usize,
    /// Findings of severity `medium`.
    pub medium: usize,
    /// Findings of severity `low`.
    pub low: usize,
}

impl Summary {
    /// Counts findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let mut summary = Self::default();
        for finding in findings {
            *summary.slot(finding.severity) += 1;
        }
        summary
    }

    /// How many there are of one severity.
    #[must_use]
    pub fn count(mut self, severity: Severity) -> usize {
        *self.slot(severity)
    }

    const fn slot(&mut self, severity: Severity) -> &mut usize {
        match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
        }
    }
}

/// How many findings were left out, and by what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hidden {
    /// By an `ignore` entry that has not expired.
    pub ignored: usize,
    /// By `--baseline`.
    pub baseline: usize,
    /// By `--min-severity`.
    pub below_severity: usize,
}

impl Hidden {
    /// Whether nothing was left out.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
