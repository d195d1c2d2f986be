//! The user's configuration of `check`: thresholds, what to ignore and why, which rules to run.
//!
//! A mistake in it is an error with its line, never a setting that silently does nothing.

mod parse;
mod pattern;
mod table;
mod target;

use std::collections::{BTreeMap, BTreeSet};

use dbwright_core::rule::Limits;
use dbwright_core::{Failure, Finding, RuleMeta, Severity};
use jiff::civil::Date;

pub use parse::parse;
pub use pattern::matches;
pub use target::TargetEntry;

/// What `dbwright.toml` says.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The `[check]`, `[rules.…]` and `[[ignore]]` parts.
    pub settings: Settings,
    /// `[targets.NAME]`, by name.
    pub targets: BTreeMap<String, TargetEntry>,
    /// `[check] fail-on`: findings at or above it make the exit code 1.
    pub fail_on: Option<Severity>,
    /// `[check] baseline`: an earlier JSON report, as a path relative to the file.
    pub baseline: Option<String>,
}

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
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Settings {
    /// Whether a rule is to be reported, by `only` and `skip`.
    #[must_use]
    pub fn wants(&self, rule: &str) -> bool {
        let named = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, rule));
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    /// Checks that every `only` and `skip` pattern names a rule; for patterns of the command line.
    ///
    /// # Errors
    /// When a pattern names none of `rules`, with the nearest id.
    pub fn validate(&self, rules: &[&RuleMeta]) -> Result<(), Failure> {
        let mut patterns = self.only.iter().chain(&self.skip);
        patterns.try_for_each(|pattern| pattern::known(pattern, rules))
    }
}

impl Ignore {
    /// Whether it is about a finding, expired or not.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        matches(&self.rule, &finding.rule)
            && self.subject.as_deref().is_none_or(|pattern| matches(pattern, &finding.subject))
    }

    /// Whether its last day has passed.
    #[must_use]
    pub fn expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}
