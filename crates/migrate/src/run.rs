//! Carrying migrations out: apply, resume, undo, contract, and saying how things stand.
//!
//! All of it goes through a [`Session`](crate::port::Session) and names no engine. The order is always the same: a
//! statement is planned at its turn against what is there then, its steps are journaled whole, then they are run one
//! by one, each with its mark. So the journal alone says what to resume and what to undo.

mod apply;
mod baseline;
mod contract;
mod preview;
mod resume;
mod status;
mod steps;
mod undo;
mod verify;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::journal::State;
use crate::throttle::Limits;

pub use apply::{apply, unhindered};
pub use baseline::baseline;
pub use contract::contract;
pub use preview::{Preview, Previewed, pending, preview};
pub use resume::resume;
pub use status::{Line, Status, Where, status};
pub use undo::{Leaving, down, undo, what_undo_leaves, what_undo_takes_back};
pub use verify::{Problem, verify};

/// How to carry out.
#[derive(Debug, Clone)]
pub struct Options {
    /// The last version to apply; for undo the version that stays. None: all that is pending; the last one.
    pub to: Option<String>,
    /// Refuse before anything is done when a step can't be undone.
    pub reversible_only: bool,
    /// Run what blocks others, too.
    pub allow_blocking: bool,
    /// Remove the old at once, too: nothing waits for `contract`.
    pub contract: bool,
    /// For undo: go past steps that can't be undone, and leave what they did.
    pub leave_irreversible: bool,
    /// How long another's run is waited for.
    pub lock_wait: Duration,
    /// What may be done to others.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            to: None,
            reversible_only: false,
            allow_blocking: false,
            contract: false,
            leave_irreversible: false,
            lock_wait: Duration::from_secs(30),
            limits: Limits::default(),
        }
    }
}

/// What a command did, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// Migrations that it worked on, with the state that they are in now.
    pub migrations: Vec<Done>,
    /// What the user should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What was done with one migration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Done {
    /// Its version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Its state now.
    pub state: State,
    /// Steps run or undone by this command.
    pub steps: usize,
    /// How long that took.
    pub took_ms: i64,
}
