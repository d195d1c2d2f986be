//! A rehearsal: what a migration did on a private server, under load, at one or more sizes, and after it was undone.
//!
//! An engine that can rehearse implements [`Rehearses`]; everything else here is the report, as data.

use std::path::PathBuf;
use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Proof};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::migration::Migration;
use crate::plan::Phase;
use crate::throttle::Limits;

/// An engine that can carry migrations out on a private server of its own, and watch.
pub trait Rehearses: Send + Sync {
    /// Rehearses migrations on private servers that look like the target, which itself is only read.
    ///
    /// # Errors
    /// When the target can't be read, there is no room or no program for a private server, or the user stops. A migration
    /// that fails is no error: the report says so.
    fn rehearse<'a>(
        &'a self,
        address: &'a Address,
        migrations: &'a [Migration],
        options: &'a RehearseOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Rehearsal, Failure>>;

    /// Runs the examples of the rules about migrations on a private server, and compares what they do with what is claimed.
    ///
    /// # Errors
    /// When there is no program of that version, or the server refuses what every server must do.
    fn prove_rules<'a>(
        &'a self,
        options: &'a ProveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<RuleProofs, Failure>>;
}

/// How to rehearse.
#[derive(Debug, Clone)]
pub struct RehearseOptions {
    /// Sizes to rehearse at.
    pub sizes: Vec<Size>,
    /// Sessions that read and write the touched tables meanwhile.
    pub clients: usize,
    /// How long the load runs before the first step, so that there is something to compare with.
    pub warm_up: Duration,
    /// The application's statements, run against every state in between: name for messages and text.
    pub app_queries: Option<(String, String)>,
    /// Limits that the change is carried out under.
    pub limits: Limits,
    /// Whether what blocks others is run, too.
    pub allow_blocking: bool,
    /// Folders with the engine's own programs (`--pg-bin`).
    pub programs: Vec<PathBuf>,
    /// Most bytes of rows that are copied.
    pub copy_bytes: Option<u64>,
}

impl Default for RehearseOptions {
    fn default() -> Self {
        Self {
            sizes: vec![Size::Rows(10_000), Size::Rows(100_000)],
            clients: 8,
            warm_up: Duration::from_secs(3),
            app_queries: None,
            limits: Limits::default(),
            allow_blocking: false,
            programs: Vec::new(),
            copy_bytes: None,
        }
    }
}

/// How many rows a rehearsal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// The target's own rows, copied (`--rows copy`).
    Copy,
    /// Made-up rows: so many in the largest touched table, the others in the target's proportion.
    Rows(u64),
}

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
    /// How often, as far as was seen.
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

/// How to prove rules.
#[derive(Debug, Clone, Default)]
pub struct ProveOptions {
    /// The major version; none means the newest that is there.
    pub major: Option<u32>,
    /// Folders with the engine's own programs.
    pub programs: Vec<PathBuf>,
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
