//! What a rehearsal found, as data.

use dbwright_core::Proof;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::Phase;

/// What a rehearsal found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rehearsal {
    /// The private server: `PostgreSQL 17.11`.
    pub server: String,
    /// One for each size, in the order given.
    pub passes: Vec<Pass>,
    /// What grows with the rows so that it becomes dangerous; the steps that are missing here stay harmless as far as seen.
    pub dangers: Vec<Danger>,
    /// What can't be as in the target: objects that could not be made, rows that had to be made up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// `rehearsed` when all passes went well.
    pub proof: Proof,
}

/// One run through all migrations, and back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pass {
    /// What it ran on, for people: `1000000 made-up rows in public.orders`.
    pub data: String,
    /// Rows of the touched tables.
    pub tables: Vec<TableRows>,
    /// The steps, in order, those of `contract` included when nothing is left for later.
    pub steps: Vec<StepRun>,
    /// Why it ended early, when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The load without the change.
    pub before: LoadRun,
    /// The load during the change.
    pub during: LoadRun,
    /// The way back.
    pub undo: Undo,
    /// Statements of the application that worked before and failed in a state in between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_queries: Vec<BrokenQuery>,
    /// How many of the application's statements were tried, and in how many states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_queries: Option<(usize, usize)>,
}

/// A table's rows at the beginning of a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableRows {
    /// `schema.table`.
    pub table: String,
    /// Rows.
    pub rows: u64,
    /// Whether the load reads and writes it.
    pub loaded: bool,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepRun {
    /// The migration's version.
    pub version: String,
    /// The statement in its file, from 0.
    pub statement: usize,
    /// The step of the statement, from 0.
    pub step: usize,
    /// Its title.
    pub title: String,
    /// Its phase.
    pub phase: Phase,
    /// From its beginning to its end, pauses and waits included.
    pub ms: f64,
    /// Locks on relations that were there before, the strongest of each first.
    pub locks: Vec<LockHeld>,
    /// How long it waited for locks itself.
    pub waited_ms: f64,
    /// The others who waited for it.
    pub blocked: Waits,
    /// Statements of the load that failed meanwhile.
    pub failed: u64,
    /// Tables and indexes that have a new file.
    pub rewritten: Vec<String>,
    /// Bytes of log, the load's included.
    pub wal_bytes: u64,
    /// Bytes of temporary files; none when that could not be seen.
    pub temp_bytes: Option<u64>,
    /// Why it failed, when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A lock that a step held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LockHeld {
    /// `schema.relation`.
    pub relation: String,
    /// The mode, as the engine writes it.
    pub mode: String,
    /// The longest time in one go, never less than it was.
    pub longest_ms: f64,
    /// How often, as far as was seen; 0 when it is only known that it was taken, for no longer than that.
    pub times: u32,
}

/// Sessions that waited for a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Waits {
    /// The longest wait of one session.
    pub longest_ms: f64,
    /// All waits together.
    pub total_ms: f64,
    /// The most sessions at one time.
    pub most: usize,
    /// Length of the queue over time: ms since the step began, sessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queue: Vec<(f64, usize)>,
}

/// What the load did in a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadRun {
    /// How long.
    pub ms: f64,
    /// Statements that were done.
    pub statements: u64,
    /// Median of their times.
    pub p50_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// The slowest.
    pub longest_ms: f64,
    /// Statements that failed.
    pub failed: u64,
    /// Each kind of failure once, with how often and the statement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<LoadFailure>,
}

/// Statements of the load that failed in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoadFailure {
    /// The statement.
    pub statement: String,
    /// What the server said.
    pub error: String,
    /// How often.
    pub times: u64,
}

/// The way back of a pass.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Undo {
    /// Whether it was gone at all, and to its end.
    pub done: bool,
    /// Why not, when it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// How long it took.
    pub ms: f64,
    /// What differs in the schema from the start; empty when it is equal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
}

/// A statement of the application that worked before the change and fails in a state in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BrokenQuery {
    /// After which step, by its title.
    pub after: String,
    /// The line in the file of statements.
    pub line: usize,
    /// The statement.
    pub statement: String,
    /// What the server said.
    pub error: String,
}

/// A step that becomes dangerous with many rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Danger {
    /// The migration's version.
    pub version: String,
    /// The step.
    pub title: String,
    /// What grows: `blocks readers and writers of public.orders`.
    pub what: String,
    /// Milliseconds for each million rows.
    pub ms_per_million: f64,
    /// Rows of the largest touched table from which it lasts longer than a second.
    pub rows: u64,
    /// Rows that the target has, when known.
    pub target_rows: Option<u64>,
}

/// What the examples of rules, and the table of statements, really do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleProofs {
    /// The private server.
    pub server: String,
    /// One for each claim.
    pub claims: Vec<ClaimProof>,
    /// One for each form of statement.
    pub forms: Vec<Form>,
}

/// A claim of a rule beside what was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimProof {
    /// The rule.
    pub rule: String,
    /// Its statement.
    pub statement: String,
    /// What it claims.
    pub claimed: String,
    /// What was measured.
    pub measured: String,
    /// Whether that is the same.
    pub holds: bool,
}

/// What a form of statement does to its table, measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Form {
    /// The kind of form: `Columns`.
    pub group: String,
    /// The form, for people: `ADD COLUMN … DEFAULT constant`.
    pub form: String,
    /// The statement that was run.
    pub statement: String,
    /// The strongest lock on each table that was there before: table, mode.
    pub locks: Vec<(String, String)>,
    /// Tables that got a new file.
    pub rewrites: Vec<String>,
    /// Tables of which all rows were read.
    pub reads: Vec<String>,
    /// What the server said, when it refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}
