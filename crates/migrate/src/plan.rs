//! A plan: for each statement of the user the steps that do the same without a long lock. Steps are data.
//!
//! A step is SQL text and how to run it, nothing else: it is printed before it is run, a DBA can run it by hand, and the
//! journal keeps it whole. Two properties let any step be interrupted anywhere: a [`Work::Transaction`] is committed
//! together with its mark in the journal (or, where the engine's DDL can't be, says how to see that it is done), and
//! everything else says how to see that it is done and how to clear what an interruption left.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of one statement of the migration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Planned {
    /// The statement as the user wrote it.
    pub statement: String,
    /// Its line in the file, from 1.
    pub line: usize,
    /// How it is done, one of a few words: `as-is`, `concurrent-index`, `validate-later`, `check-first`, `new-column`, `shadow-table`, …
    /// A `session` is a setting for the rest of the file: its statement is run again when a session begins in the middle.
    pub method: String,
    /// The steps, in order; phases never go back.
    pub steps: Vec<Step>,
    /// What the user should know: what will differ from the plain statement (column order), what is assumed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Set when no way without a long lock is known: it is run only with `--allow-blocking`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocking: Option<Blocking>,
    /// Set, with no steps, when the statement can be planned only at its turn, because of what an earlier one makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<String>,
}

/// A lock that can't be avoided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Blocking {
    /// Why there is no way around it, one sentence.
    pub reason: String,
    /// How long others will be blocked, in ms, when that can be estimated.
    pub expected_ms: Option<f64>,
}

/// The phases of an online change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// New objects beside the old ones; old code works on.
    Expand,
    /// Rows are moved in batches.
    Backfill,
    /// The new takes the place of the old, in one short transaction.
    Switch,
    /// The old is removed; no way back from here. `apply` stops before it, and `contract` does it: so a step is one only when
    /// later statements of the same file can do without it. What the user's own statement removes is no such step.
    Contract,
}

/// One step: the smallest thing that is done or not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What it does, for people: `build the index "orders_x" concurrently`.
    pub title: String,
    /// Its phase.
    pub phase: Phase,
    /// What is to be done.
    pub work: Work,
    /// How it is undone; what it removes may be half there or not at all.
    pub back: Back,
    /// What it locks.
    pub lock: Lock,
    /// How long it will take in ms, when that can be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_ms: Option<f64>,
}

/// How a step is carried out. Statements carry no closing semicolon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Work {
    /// All statements in one transaction, together with the mark in the journal, under a short lock timeout, tried again.
    Transaction {
        /// The statements.
        statements: Vec<String>,
        /// Queries that must each yield one true, asked in the same transaction before it is committed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        require: Vec<Require>,
    },
    /// One statement that refuses to run in a transaction.
    Alone {
        /// The statement.
        statement: String,
        /// A query that yields one true when the work is done, whoever did it; empty when nothing tells (`VACUUM`): the
        /// statement's success is all there is, and an interrupted attempt is made again.
        done: String,
        /// Queries whose rows are statements that clear what an interrupted attempt left (an invalid index); run before
        /// each attempt, each outside a transaction.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        clear: Vec<String>,
    },
    /// Rows in batches by key ranges, each batch in one transaction with its position in the journal.
    Backfill(Backfill),
    /// A program of its own does the work, outside the target; it is watched until it ends.
    Program(Program),
    /// Looks without changing anything: each query must yield one true.
    Verify {
        /// The questions.
        require: Vec<Require>,
    },
}

/// A question that must be answered with yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Require {
    /// Yields one row with one boolean.
    pub query: String,
    /// What is wrong when it is not true, for people.
    pub or: String,
}

/// Rows moved in batches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Backfill {
    /// The table whose key ranges are walked, quoted and qualified.
    pub table: String,
    /// Whether rows of child tables are left out (`ONLY`).
    #[serde(default)]
    pub only: bool,
    /// The columns of a unique, not-null key in its order, or the row's physical place when there is none.
    pub key: Vec<KeyColumn>,
    /// One statement for each batch. `{range}` stands for the condition on the key, which the runner writes with the alias `s`:
    /// the walked table must be known as `s` in it.
    pub batch: String,
    /// Statements that come first in each batch's transaction (`SET LOCAL …`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before_batch: Vec<String>,
    /// Rows to move, as far as known; only for progress.
    pub rows: Option<u64>,
    /// Queries after the last batch that must yield one true (nothing left, checksums equal).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verify: Vec<Require>,
}

/// A program that is started, watched and waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Program {
    /// What it is called, among the programs that are installed.
    pub name: String,
    /// The version that was found when the plan was made.
    pub version: String,
    /// What it will do, for people who run it by hand.
    pub what: String,
    /// Its words, without what keeps it from being a burden. No secret is among them: [`ACCOUNT`] stands for a file with the
    /// account, [`FOLDER`] for a folder that is gone afterwards.
    pub words: Vec<String>,
    /// The words that keep it from being a burden, as they were when the plan was made; those of the run that starts it hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub throttle: Vec<String>,
    /// A query that yields one true as long as something of an interrupted attempt is still at work; it is waited for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub busy: String,
    /// A query that yields one true when the work is done, whoever did it; empty when nothing tells.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub done: String,
    /// Queries whose rows are statements that clear what an interrupted attempt left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clear: Vec<String>,
    /// A query that yields what the program calls an interrupted attempt that it can go on with; empty when it always begins anew.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unfinished: String,
    /// Rows to move, as far as known; only for progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// Stands in a program's words for a file that holds the account, readable by nobody else, and gone afterwards.
pub const ACCOUNT: &str = "{account}";

/// Stands in a program's words for a folder of this run alone.
pub const FOLDER: &str = "{folder}";

/// A column of the key that batches go by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyColumn {
    /// The quoted name.
    pub name: String,
    /// The type that its values are written as: `'5'::TYPE`.
    pub ty: String,
}

/// How a step is undone: idempotent, whatever is there of what the step makes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Back {
    /// Statements, in order; empty when there is nothing to undo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
    /// Whether each of them is sent outside a transaction (`DROP INDEX CONCURRENTLY`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// Queries whose rows are statements that clear what an interrupted attempt of going back left (an invalid index), and
    /// that make again what the way back needs; run before the statements, each outside a transaction. Only with `alone`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clear: Vec<String>,
    /// Why there is no way back, when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irreversible: Option<String>,
    /// Why there is no way back once the step is done, where there is one until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_late: Option<String>,
    /// Why the way back is known only when the step is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// The object that it makes again as it was, or takes away, where the server may refuse that because something which it
    /// reads is not back yet (a view of a column that goes by another name still): then it is tried again when all else of
    /// the migration is back, unless the way back of an earlier statement has made it meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

impl Back {
    /// Nothing to undo.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Undone in one transaction, together with the mark in the journal.
    pub fn by<S: Into<String>>(statements: impl IntoIterator<Item = S>) -> Self {
        Self { statements: statements.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Undone by statements that refuse to run in a transaction.
    pub fn alone<S: Into<String>>(statements: impl IntoIterator<Item = S>) -> Self {
        Self { alone: true, ..Self::by(statements) }
    }

    /// Why there will be no way back when the step is done.
    #[must_use]
    pub fn lost(&self) -> Option<&String> {
        self.irreversible.as_ref().or(self.too_late.as_ref())
    }

    /// What undoes it is known only later, because …
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { unknown: Some(reason.into()), ..Self::default() }
    }

    /// Can't be undone, because …
    pub fn impossible(reason: impl Into<String>) -> Self {
        Self { irreversible: Some(reason.into()), ..Self::default() }
    }
}

/// What a step locks, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Lock {
    /// The strongest mode, as the engine writes it (`ACCESS EXCLUSIVE`); empty when nothing but rows is locked.
    pub mode: String,
    /// Objects, `schema.table`.
    pub objects: Vec<String>,
    /// For how long.
    pub held: Held,
}

/// For how long a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// A change of the catalog only: milliseconds, whatever the size.
    #[default]
    Moment,
    /// While rows are read.
    Scan,
    /// While rows are written.
    Rewrite,
}
