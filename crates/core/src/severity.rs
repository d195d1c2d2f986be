//! Severity is harm, not taste.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much harm a finding does, worst last so that `Ord` reads as "at least".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; costs little today.
    Low,
    /// Costs time, space or safety now, or will soon.
    Medium,
    /// Hurts users or operations already, or is certain to.
    High,
    /// Data at risk, or an outage near.
    Critical,
}

impl Severity {
    /// All severities, the worst first.
    pub const WORST_FIRST: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The lower-case word used in every output and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// One degree less harm; `low` stays.
    #[must_use]
    pub const fn milder(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::WORST_FIRST
            .into_iter()
            .find(|severity| severity.word() == word)
            .ok_or_else(|| format!("`{word}` is not a severity; use critical, high, medium or low"))
    }
}
