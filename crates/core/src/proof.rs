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

impl Experiment {
    /// The figures of runs without and with the change, in `unit`; none when a side has no run.
    #[must_use]
    pub fn of(before: &[f64], after: &[f64], unit: &str, repeat: &str) -> Option<Self> {
        let (low, high) = (Quartiles::of(before)?, Quartiles::of(after)?);
        Some(Self {
            before: low.median,
            after: high.median,
            unit: unit.to_owned(),
            runs: u32::try_from(before.len().min(after.len())).unwrap_or(u32::MAX),
            spread: low.half_range().max(high.half_range()),
            repeat: repeat.to_owned(),
            note: None,
        })
    }

    /// Whether the change saves at least `share` of the time, and more than the runs spread.
    #[must_use]
    pub fn gains(&self, share: f64) -> bool {
        let saved = self.before - self.after;
        saved > self.spread && saved >= self.before * share
    }
}

/// Median and quartiles of a series (linear interpolation between the nearest ranks).
struct Quartiles {
    lower: f64,
    median: f64,
    upper: f64,
}

impl Quartiles {
    fn of(series: &[f64]) -> Option<Self> {
        let mut sorted = series.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |quarters: usize| {
            let rank = quarters * sorted.len().checked_sub(1)?;
            let below = sorted.get(rank / 4)?;
            let above = sorted.get(rank.div_ceil(4))?;
            Some(below + (above - below) * ((rank % 4) as f64 / 4.0))
        };
        Some(Self { lower: at(1)?, median: at(2)?, upper: at(3)? })
    }

    fn half_range(&self) -> f64 {
        (self.upper - self.lower) / 2.0
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spread_are_those_of_the_series() {
        let e = Experiment::of(&[10.0, 12.0, 11.0, 50.0, 10.0], &[1.0, 1.0, 2.0], "ms", "again").expect("runs");
        assert_eq!((e.before, e.after, e.runs), (11.0, 1.0, 3));
        assert_eq!(e.spread, 1.0);
        assert!(e.gains(0.2));
        assert!(Experiment::of(&[], &[1.0], "ms", "again").is_none());
    }

    #[test]
    fn a_gain_within_the_spread_is_none() {
        let e = Experiment::of(&[8.0, 10.0, 16.0], &[7.0, 9.0, 15.0], "ms", "again").expect("runs");
        assert!(!e.gains(0.05), "{e:?}");
    }
}
