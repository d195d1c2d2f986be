//! The user's configuration of `check`: thresholds, what to ignore and why, which rules to run.

use std::collections::BTreeSet;

use dbwright_core::Severity;
use dbwright_core::rule::Limits;
use jiff::civil::Date;

/// What to report, and by which numbers.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Changed thresholds, by rule id and name.
    pub limits: Limits,
    /// Findings to leave out.
    pub ignore: Vec<Ignore>,
    /// Rule ids or `engine/*` patterns to run; empty means all.
    pub only: Vec<String>,
    /// Rule ids or patterns to leave out.
    pub skip: Vec<String>,
    /// Leave out findings below this severity.
    pub min_severity: Option<Severity>,
    /// Fingerprints of findings that were known before.
    pub baseline: BTreeSet<String>,
}

/// One `ignore` entry: no reason, no entry.
#[derive(Debug, Clone)]
pub struct Ignore {
    /// Rule id or pattern.
    pub rule: String,
    /// Subject or pattern with `*`; none means every subject.
    pub subject: Option<String>,
    /// Why.
    pub reason: String,
    /// Last day on which it applies.
    pub until: Option<Date>,
}
