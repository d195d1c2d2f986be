//! Lint: what each statement of a migration would do, to whom and for how long.
//!
//! What is neutral stands here: what lint is asked and what it says, the way through the scripts ([`look`]), the comments that
//! silence a rule, and how examples are written. An engine brings its [`Scene`], the state before each statement, and its rules,
//! one folder each.

mod example;
mod ignore;
mod look;
mod weight;

use std::collections::{BTreeMap, BTreeSet};

use dbwright_core::rule::Limits;
use dbwright_core::{Finding, Location, NotLookedAt};
use serde::{Deserialize, Serialize};

pub use self::example::Example;
pub use self::look::{Scene, look, no_target};
pub use self::weight::{Known, Takes};

/// How to lint.
#[derive(Debug, Clone, Default)]
pub struct LintOptions {
    /// Numbers that the user changed.
    pub limits: Limits,
    /// Which SQL is meant without a snapshot, for an engine with several (`mysql`, `mariadb`).
    pub dialect: Option<String>,
    /// The server's version to assume without a snapshot (`16`, `10.11`); none means the oldest that is supported.
    pub version: Option<String>,
    /// Files (as [`crate::Script::file`] has them) that the user's tool runs in one transaction each.
    pub in_transaction: BTreeSet<String>,
    /// Files that another tool runs as they are. The others are run by `dbwright migrate apply`, which sets lock timeouts, keeps
    /// transactions short and moves rows in batches by itself.
    pub as_is: BTreeSet<String>,
    /// What the target's own parser says of statements that the engine's reader does not know.
    pub verdicts: Verdicts,
}

/// What a server's parser says, by file and the statement's first byte.
pub type Verdicts = BTreeMap<(String, usize), Verdict>;

/// What a server's parser says of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It reads it. What it would do with it is another matter.
    Reads,
    /// It refuses it, with these words.
    Refuses(String),
}

impl LintOptions {
    /// The first number of the version to assume.
    #[must_use]
    pub fn major(&self) -> Option<u32> {
        self.version.as_deref()?.split('.').next()?.parse().ok()
    }
}

/// What lint found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Linted {
    /// Findings in the order of files and places; each has a location.
    pub findings: Vec<Finding>,
    /// Findings that a comment with a reason silenced.
    pub ignored: Vec<Ignored>,
    /// Statements and rules that could not be looked at.
    pub not_looked_at: Vec<NotLookedAt>,
    /// What is assumed for want of a target; empty with one.
    pub assumptions: Vec<String>,
    /// Statements that were looked at.
    pub statements: usize,
}

/// A finding that a comment with a reason silenced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    /// Rule id.
    pub rule: String,
    /// What the finding was on.
    pub subject: String,
    /// The user's reason.
    pub reason: String,
    /// Where the finding was.
    pub location: Option<Location>,
}
