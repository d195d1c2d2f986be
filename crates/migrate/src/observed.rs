//! What a snapshot knows of migrations: how far each is by the journal, and what changes have left in the target.

use serde::{Deserialize, Serialize};

use crate::journal::State;

/// The area of a snapshot that has a gap when the journal can't be read.
pub const AREA: &str = "migrations";

/// What was observed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Migrations of the journal, in its order.
    #[serde(default)]
    pub migrations: Vec<Seen>,
    /// Objects that dbwright makes for a change and removes again.
    #[serde(default)]
    pub helpers: Vec<Helper>,
}

/// A migration of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Version.
    pub version: String,
    /// Name; may be empty.
    pub name: String,
    /// How far it is, the journal's word for it: see [`crate::journal::State::word`].
    pub state: String,
    /// Checksum of the file that was applied; empty in snapshots that are older than this.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub checksum: String,
    /// Steps that are done.
    pub done: u64,
    /// Steps that are known.
    pub known: u64,
    /// What the last failed step said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Seen {
    /// Whether the target has what the migration makes.
    #[must_use]
    pub fn in_effect(&self) -> bool {
        State::of(&self.state).is_some_and(State::in_effect)
    }

    /// Whether it stands between two states.
    #[must_use]
    pub fn unfinished(&self) -> bool {
        State::of(&self.state).is_some_and(State::unfinished)
    }
}

/// An object of dbwright's own making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helper {
    /// What it is: `table`, `trigger`, `index`, …
    pub kind: String,
    /// Its path, as findings name it.
    pub subject: String,
    /// The statement that removes it.
    pub drop: String,
}

impl Observed {
    /// Whether a change is under way, or waits for its contract: then helpers belong there.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.migrations.iter().any(|seen| matches!(seen.state.as_str(), "running" | "undoing" | "awaits-contract"))
    }
}
