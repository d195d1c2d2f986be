//! What a lab that only plans owes its user: the proof that it plans as the target does.

use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::snapshot::Gap;
use dbwright_core::target::Address;
use dbwright_core::workload::Workload;
use dbwright_core::{BoxFuture, Failure, Snapshot};
use serde::Serialize;

/// An engine that can build a lab which plans as the target does, and show that it does.
pub trait PlanLab: Send + Sync {
    /// The workload that the snapshot holds, when it holds one.
    fn workload(&self, snapshot: &Snapshot) -> Option<Workload>;

    /// Builds the lab from the snapshot and plans every statement of the workload in it and on the target, where nothing is
    /// run and nothing written.
    ///
    /// # Errors
    /// When the lab can't be built, the target can't be reached, or the user asked to stop.
    fn plan_check<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        address: &'a Address,
        workload: &'a Workload,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<PlanCheck, Failure>>;
}

/// What planning on both sides showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanCheck {
    /// What the lab is: `a planner twin of PostgreSQL 15.18`.
    pub lab: String,
    /// Seconds that building it took.
    pub built_s: f64,
    /// What could not be brought into the lab.
    pub gaps: Vec<Gap>,
    /// Statement by statement.
    pub statements: Vec<Compared>,
}

impl PlanCheck {
    /// How many statements were planned alike, and how many could be compared.
    #[must_use]
    pub fn same(&self) -> (usize, usize) {
        let judged: Vec<bool> = self.statements.iter().filter_map(|compared| compared.outcome.same()).collect();
        (judged.iter().filter(|same| **same).count(), judged.len())
    }

    /// The largest cost difference, as a share of the target's cost.
    #[must_use]
    pub fn largest_difference(&self) -> f64 {
        self.statements.iter().filter_map(|compared| compared.outcome.cost_difference()).fold(0.0, f64::max)
    }
}

/// One statement, planned on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The statement's fingerprint.
    pub fingerprint: String,
    /// The statement's text.
    pub statement: String,
    /// What came out.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of planning a statement on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "planned")]
pub enum Outcome {
    /// Both planned it.
    Both {
        /// Whether joins, scans, indexes and their order are the same.
        same_shape: bool,
        /// Whether every node expects the same number of rows.
        same_rows: bool,
        /// Cost on the target.
        target_cost: f64,
        /// Cost in the lab.
        lab_cost: f64,
        /// The deepest node that differs, on both sides.
        #[serde(skip_serializing_if = "Option::is_none")]
        difference: Option<String>,
    },
    /// The target could not plan it, so there is nothing to compare.
    NotOnTarget {
        /// The server's message.
        reason: String,
    },
    /// It reads what each server has of its own, such as its system catalogs: the two differ as they must.
    NotComparable {
        /// What it reads.
        reason: String,
    },
    /// The target planned it, the lab could not.
    NotInLab {
        /// The server's message.
        reason: String,
    },
}

/// Costs that differ by less are the same: a thousandth.
pub const TOLERANCE: f64 = 0.001;

impl Outcome {
    /// By how much the costs differ, as a share of the target's.
    #[must_use]
    pub fn cost_difference(&self) -> Option<f64> {
        match self {
            Self::Both { target_cost, lab_cost, .. } if target_cost == lab_cost => Some(0.0),
            Self::Both { target_cost, lab_cost, .. } => Some((lab_cost / target_cost - 1.0).abs()),
            _ => None,
        }
    }

    /// Whether the lab plans it as the target does; none when there is nothing to compare.
    #[must_use]
    pub fn same(&self) -> Option<bool> {
        match self {
            Self::Both { same_shape, same_rows, .. } => {
                Some(*same_shape && *same_rows && self.cost_difference().is_some_and(|by| by <= TOLERANCE))
            }
            Self::NotInLab { .. } => Some(false),
            Self::NotOnTarget { .. } | Self::NotComparable { .. } => None,
        }
    }
}
