//! What is known of a table, and what work on it takes, as the evidence of a finding.

use dbwright_core::Finding;

/// Seconds that nobody notices.
const UNNOTICED: f64 = 0.1;

/// What is known of a table, each with where it was read.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Rows.
    pub rows: (Option<f64>, &'static str),
    /// Bytes of its rows.
    pub bytes: (Option<u64>, &'static str),
    /// Rows written in a second.
    pub writes: (Option<f64>, &'static str),
    /// Whether an earlier file makes it, so that no target could know it.
    pub earlier: bool,
}

impl Known {
    /// Adds it to a finding.
    #[must_use]
    pub fn tell(&self, mut finding: Finding) -> Finding {
        if let (Some(rows), from) = self.rows {
            finding = finding.evidence("rows", rows, "rows", from);
        }
        if let (Some(size), from) = self.bytes {
            finding = finding.evidence("table", size, "bytes", from);
        }
        if let (Some(rate), from) = self.writes {
            finding = finding.evidence("writes", (rate * 10.0).round() / 10.0, "rows/s", from);
        }
        if self.rows.0.is_none() && self.bytes.0.is_none() {
            let from = if self.earlier { "made by an earlier file" } else { "no target was looked at" };
            finding = finding.evidence("size", "assumed to be large", "", from);
        }
        finding
    }
}

/// What work on a table takes.
#[derive(Debug, Clone, Copy)]
pub struct Takes {
    /// Seconds, about, where the work grows with the table and its size is known.
    pub seconds: Option<f64>,
    /// Bytes that are written beside the old ones until it is done.
    pub disk: Option<u64>,
    /// Where the estimate comes from.
    pub from: &'static str,
}

impl Takes {
    /// One degree less harm where nobody would notice the work.
    #[must_use]
    pub fn weigh(&self, finding: Finding) -> Finding {
        if self.seconds.is_none_or(|seconds| seconds >= UNNOTICED) {
            return finding;
        }
        let milder = finding.severity.milder();
        finding.severity(milder)
    }

    /// Adds it to a finding.
    #[must_use]
    pub fn tell(&self, mut finding: Finding) -> Finding {
        if let Some(size) = self.disk {
            finding = finding.evidence("free disk", size, "bytes", "as much again is needed until it is done");
        }
        if let Some(seconds) = self.seconds {
            finding = finding.evidence("estimate", (seconds * 1000.0).round(), "ms", self.from);
        }
        finding
    }
}
