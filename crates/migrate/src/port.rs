//! What migrations need from an engine.
//!
//! [`OnlineDdl`] is the engine, [`Session`] one connection to a target for the length of a command. The runner in
//! [`crate::run`] decides what comes next and says so to the session; the session knows how. All that must survive a
//! crash is in the journal, and the session writes a step's mark together with the step.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, FailureKind, RuleMeta, Snapshot};
use serde::{Deserialize, Serialize};

use crate::by_hand::ByHand;
use crate::journal::{Entry, Place, Write};
use crate::lint::{LintOptions, Linted, Verdicts};
use crate::observed::Observed;
use crate::plan::{Planned, Require, Step};
use crate::script::{Script, Statement};
use crate::throttle::Limits;

/// An engine whose schema can be changed online.
pub trait OnlineDdl: Send + Sync {
    /// Splits a text into statements.
    ///
    /// # Errors
    /// When it holds what no statement is: client commands (`\i`), or an unfinished string; with line and caret.
    fn read(&self, file: &str, text: &str) -> Result<Script, Failure>;

    /// The rules of [`OnlineDdl::lint`], by id.
    fn lint_rules(&self) -> Vec<&'static RuleMeta> {
        Vec::new()
    }

    /// Looks at scripts in their order and says what each statement would do to whom. `context` is a snapshot of the target;
    /// without one, what is assumed is said. A pure function of its arguments.
    ///
    /// # Errors
    /// When the snapshot belongs to another engine, or the engine has no rules for migrations.
    fn lint(
        &self,
        _scripts: &[Script],
        _context: Option<&Snapshot>,
        _options: &LintOptions,
    ) -> Result<Linted, Failure> {
        Err(Failure::new(FailureKind::Usage, "migrate.no-lint", "this engine has no rules for migrations yet"))
    }

    /// Asks the target's own parser about statements that the engine's reader does not know. Nothing is run or locked.
    ///
    /// # Errors
    /// When the target can't be reached.
    fn parsed<'a>(
        &'a self,
        _address: &'a Address,
        _scripts: &'a [Script],
        _connect_timeout: Duration,
    ) -> BoxFuture<'a, Result<Verdicts, Failure>> {
        Box::pin(async { Ok(Verdicts::new()) })
    }

    /// What a snapshot of this engine knows of migrations.
    ///
    /// # Errors
    /// When the snapshot belongs to another engine.
    fn observed<'a>(&self, snapshot: &'a Snapshot) -> Result<&'a Observed, Failure>;

    /// How a person carries steps out by hand (`plan --sql`).
    fn by_hand(&self) -> ByHand {
        ByHand::default()
    }

    /// Words for what tables can be copied with, where there is a choice; the first leaves it to the engine.
    fn copy_tools(&self) -> &'static [&'static str] {
        &[]
    }

    /// Opens a session on a target. Nothing is written and nothing locked by that.
    ///
    /// # Errors
    /// When the target can't be reached, or can't be changed through this address: a standby, a read-only role, a pooler that
    /// hands every transaction to another session.
    fn open<'a>(
        &'a self,
        address: &'a Address,
        options: &'a OpenOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, Failure>>;
}

/// How to open a session.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// How long a lost connection is tried to be had again, before the command ends (and can be resumed).
    pub reconnect: Duration,
    /// Whether the target is only read: for `plan` and `status`. A standby will do then, and nothing is refused.
    pub read_only: bool,
    /// Folders with the engine's own programs (`--programs`).
    pub programs: Vec<PathBuf>,
    /// With what a table is copied beside itself, a word of [`OnlineDdl::copy_tools`]; none leaves it to the engine.
    pub copy_tool: Option<String>,
    /// Limits that a plan writes down for a program that is not the engine's own.
    pub limits: Limits,
    /// Sizes that plans go by where they are larger than what is there, by schema and table: rows and bytes. A rehearsal plans
    /// as its target does, whose rows it may not have.
    pub sizes: BTreeMap<(String, String), (u64, u64)>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            reconnect: Duration::from_mins(2),
            read_only: false,
            programs: Vec::new(),
            copy_tool: None,
            limits: Limits::default(),
            sizes: BTreeMap::new(),
        }
    }
}

/// What a session says of its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The engine's id.
    pub engine: String,
    /// `host:port/database` or a file, without secrets.
    pub target: String,
    /// The server's version, for people.
    pub version: String,
    /// What the user should know before anything is done.
    pub warnings: Vec<String>,
    /// The server that was asked in the target's place what it would do, where one was: `MySQL 9.7.4 on this machine`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
}

/// A connection to a target through which migrations are planned, carried out and recorded.
pub trait Session: Send {
    /// What it is connected to.
    fn facts(&self) -> &Facts;

    /// Makes sure that nobody else migrates this target, until the session ends.
    ///
    /// # Errors
    /// When another has the lock for longer than `wait`: who, from where, since when.
    fn lock<'a>(&'a mut self, wait: Duration, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), Failure>>;

    /// Reads the journal, the oldest entry first; none when there is no journal yet. Writes nothing.
    fn journal(&mut self) -> BoxFuture<'_, Result<Vec<Entry>, Failure>>;

    /// Writes to the journal, all in one transaction; makes the journal first where there is none.
    fn write<'a>(&'a mut self, writes: &'a [Write]) -> BoxFuture<'a, Result<(), Failure>>;

    /// Plans statements that follow each other, none of which is carried out yet: a later one sees what an earlier one
    /// makes, or is left for its turn (`later`). Writes nothing.
    fn plan<'a>(&'a mut self, statements: &'a [Statement]) -> BoxFuture<'a, Result<Vec<Planned>, Failure>>;

    /// Begins with a session as new, on which only these statements were run: settings that the file's earlier statements
    /// made, and that must hold again after an interruption, or hold no longer for the next file.
    fn prepare<'a>(&'a mut self, settings: &'a [String]) -> BoxFuture<'a, Result<(), Failure>> {
        let _ = settings;
        Box::pin(async { Ok(()) })
    }

    /// Carries a step out, together with its mark in the journal; goes on where an interrupted attempt stopped, and
    /// does nothing when the mark says that it is done.
    ///
    /// # Errors
    /// When it can't be done; what the failed attempt did is either gone, or found again by the next attempt.
    fn run<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Undoes a step, however far it came, together with its mark; does nothing when the mark says that it is undone.
    ///
    /// # Errors
    /// When it can't be undone; trying again is safe.
    fn back<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The questions that are answered with no.
    fn ask<'a>(&'a mut self, questions: &'a [Require]) -> BoxFuture<'a, Result<Vec<Require>, Failure>>;

    /// Waits while the target should be left alone (replicas far behind, many sessions waiting), and says why.
    ///
    /// # Errors
    /// When it does not get better within `limits.patience`, or the user stops.
    fn settle<'a>(&'a mut self, limits: &'a Limits, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), Failure>>;

    /// What stands in the target that should not stay: helper objects, invalid indexes, constraints that were never validated.
    fn inspect(&mut self) -> BoxFuture<'_, Result<Vec<Remark>, Failure>>;
}

/// Something in the target that should not stay as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The object, as messages name it.
    pub object: String,
    /// What is the matter with it, the end of a sentence.
    pub what: String,
    /// Whether dbwright made it for a change: while one is under way it belongs there.
    pub helper: bool,
}
