//! The report of `advise`: the stable JSON that tools build on.

use dbwright_core::report::ReportTarget;
use dbwright_core::{Change, Proof};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the JSON that [`Advice`] serialises to; it grows when a field changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// What `advise` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of dbwright that wrote it.
    pub dbwright: String,
    /// What was looked at.
    pub target: ReportTarget,
    /// Where plans were made: `a planner twin of PostgreSQL 15.18`.
    pub place: String,
    /// Unit of all costs: `planner cost`, weighted by calls, over the workload's window.
    pub unit: String,
    /// The workload.
    pub workload: WorkloadSummary,
    /// The budget in bytes, none without one.
    pub budget_bytes: Option<u64>,
    /// The budget in number of new indexes, none without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_indexes: Option<usize>,
    /// Cost of the workload with the indexes that there are, reads and upkeep of what may change.
    pub cost_before: f64,
    /// Cost of the workload with the advice carried out.
    pub cost_after: f64,
    /// By how much of itself `cost_after` may exceed the best possible cost over the candidates: 0.01 is one per cent.
    pub optimality_gap: f64,
    /// Plans that were made.
    pub planner_calls: u64,
    /// Questions that were answered without a plan.
    pub cache_hits: u64,
    /// Candidates that were looked at.
    pub candidates: usize,
    /// Seconds of the search, the lab's start not counted.
    pub seconds: f64,
    /// Seconds until the place where plans are made stood ready.
    pub lab_seconds: f64,
    /// Indexes to create, the most useful first.
    pub create: Vec<Create>,
    /// Indexes to drop.
    pub drop: Vec<Drop>,
    /// Indexes that a new one takes the place of.
    pub replace: Vec<Replace>,
    /// Every statement that was planned, the greatest change first.
    pub statements: Vec<StatementCost>,
    /// Best cost for growing budgets, the chosen point among them.
    pub curve: Vec<CurvePoint>,
    /// What an experiment showed to be of no use, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<Withdrawn>,
    /// What the reader should know, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Whether the search was stopped before its end: this is then the best that was found until that moment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
}

/// The workload that the advice is for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadSummary {
    /// Where it was read.
    pub source: String,
    /// Length of its window in seconds, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_s: Option<f64>,
    /// Statement shapes in it.
    pub statements: usize,
    /// Those that were left out.
    pub skipped: Vec<Skipped>,
}

/// A statement that was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// Its text, shortened.
    pub statement: String,
    /// Why.
    pub reason: String,
    /// Its share of the workload's time, or of its calls when no times are known.
    pub time_share: f64,
}

/// An index to create.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Create {
    /// The statement to run.
    pub statement: String,
    /// Name of the index.
    pub name: String,
    /// Its table as a subject: `schema.table`.
    pub table: String,
    /// Estimated bytes; true bytes once it was built in a copy.
    pub bytes: u64,
    /// Cost that the workload loses by it: what it would cost more without this one index, in `unit`.
    pub gain: f64,
    /// Cost of its upkeep in the window, in `unit`.
    pub write_cost: f64,
    /// Why that upkeep, in words.
    pub write_reason: String,
    /// Fingerprints of the statements that it helps, the most helped first.
    pub helps: Vec<String>,
    /// Statement and way back.
    pub change: Change,
    /// The experiment.
    pub proof: Proof,
}

/// An index to drop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drop {
    /// The statement to run.
    pub statement: String,
    /// The index as a subject.
    pub index: String,
    /// Bytes that it frees.
    pub bytes: u64,
    /// Upkeep that it saves, in `unit`.
    pub gain: f64,
    /// `unused`, `duplicate`, `redundant` or `does not pay`.
    pub reason: String,
    /// Statement and way back.
    pub change: Change,
    /// The experiment: the workload with and without it.
    pub proof: Proof,
}

/// An index that a new one takes the place of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replace {
    /// The index that goes, as a subject.
    pub index: String,
    /// Names of the new indexes (entries of `create`) that serve what it served.
    pub by: Vec<String>,
    /// Bytes that it frees.
    pub bytes: u64,
    /// The statement to run after the new ones stand.
    pub statement: String,
    /// Statement and way back.
    pub change: Change,
    /// The experiment.
    pub proof: Proof,
}

/// What one statement costs before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementCost {
    /// Name of the shape.
    pub fingerprint: String,
    /// Its text, shortened.
    pub text: String,
    /// Weight: calls in the window.
    pub weight: f64,
    /// Cost of one call now.
    pub before: f64,
    /// Cost of one call with the advice.
    pub after: f64,
    /// Measured ms of one call now, when measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_before_ms: Option<f64>,
    /// Measured ms of one call with the advice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_after_ms: Option<f64>,
}

/// One point of gain against storage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// Bytes of new indexes.
    pub bytes: u64,
    /// Cost of the workload.
    pub cost: f64,
    /// Lower bound of the cost at this budget.
    pub bound: f64,
    /// Whether this is the advice.
    pub chosen: bool,
}

/// An index that was proposed and taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawn {
    /// The statement that is not proposed any more.
    pub statement: String,
    /// What the experiment showed.
    pub reason: String,
    /// The experiment.
    pub proof: Proof,
}
