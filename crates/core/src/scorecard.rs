//! The scorecard: what dbwright promises to keep an eye on, as value against target.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One promise, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// Name: `calls_under_100ms`, `index_hit_rate`, `cache_hit_rate`, `replication_lag`, `backup_age`,
    /// `transaction_id_headroom`, `connection_headroom`.
    pub metric: String,
    /// The value, or null when it could not be measured (see `note`).
    pub value: Option<f64>,
    /// Unit of value and target: `ratio`, `s`, `transactions`.
    pub unit: String,
    /// What it should be at least, or at most (see `at_most`).
    pub target: f64,
    /// Whether `target` is an upper bound.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_most: bool,
    /// Whether the target is met; null without a value.
    pub met: Option<bool>,
    /// Length of the window that the value covers, in seconds; null for a value of this moment.
    pub window_s: Option<f64>,
    /// Where it was read.
    pub source: String,
    /// Why there is no value, or what limits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Metric {
    /// A metric that must be at least `target`.
    #[must_use]
    pub fn at_least(metric: &str, unit: &str, target: f64, source: &str) -> Self {
        Self {
            metric: metric.to_owned(),
            value: None,
            unit: unit.to_owned(),
            target,
            at_most: false,
            met: None,
            window_s: None,
            source: source.to_owned(),
            note: None,
        }
    }

    /// A metric that must be at most `target`.
    #[must_use]
    pub fn at_most(metric: &str, unit: &str, target: f64, source: &str) -> Self {
        Self { at_most: true, ..Self::at_least(metric, unit, target, source) }
    }

    /// Sets the value, or leaves it unknown; a value that is no number counts as unknown.
    #[must_use]
    pub fn value(mut self, value: Option<f64>) -> Self {
        self.value = value.filter(|v| v.is_finite());
        self.met = self.value.map(|v| if self.at_most { v <= self.target } else { v >= self.target });
        self
    }

    /// Sets the window in seconds.
    #[must_use]
    pub const fn window(mut self, seconds: Option<f64>) -> Self {
        self.window_s = seconds;
        self
    }

    /// Says why there is no value, or what limits it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
