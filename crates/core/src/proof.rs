//! A proof: the experiment behind a proposed change, or why there is none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a finding's change was shown to work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum Proof {
    /// Run in a copy lab, with and without the change, interleaved.
    Measured(Experiment),
    /// Compared by the engine's planner.
    Planner(Experiment),
    /// The change was carried out in a lab and the finding was gone.
    Rehearsed(Experiment),
    /// No experiment was made.
    Unproven {
        /// Why not, and what would make one possible.
        note: String,
    },
}

/// The figures of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Experiment {
    /// Median without the change, in `unit`.
    pub before: f64,
    /// Median with the change, in `unit`.
    pub after: f64,
    /// Unit of `before`, `after` and `spread`, for example `ms`.
    pub unit: String,
    /// How often each side was run.
    pub runs: u32,
    /// Half the interquartile range of the noisier side, in `unit`.
    pub spread: f64,
    /// The command that repeats the experiment.
    pub repeat: String,
    /// What was run and where, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Proof {
    /// No experiment, with the reason.
    pub fn unproven(note: impl Into<String>) -> Self {
        Self::Unproven { note: note.into() }
    }

    /// The experiment's figures, when there was one.
    #[must_use]
    pub const fn experiment(&self) -> Option<&Experiment> {
        match self {
            Self::Measured(e) | Self::Planner(e) | Self::Rehearsed(e) => Some(e),
            Self::Unproven { .. } => None,
        }
    }

    /// The method's word: `measured`, `planner`, `rehearsed` or `unproven`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Measured(_) => "measured",
            Self::Planner(_) => "planner",
            Self::Rehearsed(_) => "rehearsed",
            Self::Unproven { .. } => "unproven",
        }
    }
}
