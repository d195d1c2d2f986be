//! What the journal in the target holds: which migrations were begun, and how far each of their steps came.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{Planned, Step};

/// A migration in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its version, as the file's name says it.
    pub version: String,
    /// Its name.
    pub name: String,
    /// SHA-256 of the file, in hex.
    pub checksum: String,
    /// How far it is.
    pub state: State,
    /// When it was begun, by the server's clock.
    pub started_at: Option<Timestamp>,
    /// When it was applied (its contract may be outstanding), by the server's clock.
    pub applied_at: Option<Timestamp>,
    /// How long dbwright worked on it, pauses between runs left out.
    pub execution_time_ms: i64,
    /// Whether it was undone.
    pub rolled_back: bool,
    /// When it was undone.
    pub rolled_back_at: Option<Timestamp>,
    /// Its statements, as they were when it was begun: undone and finished without the file if need be.
    pub up: Vec<Written>,
    /// The statements of its `-- down` part, when it has one.
    pub down: Option<Vec<Written>>,
    /// Which of its statements were planned, and how.
    pub planned: Vec<Turn>,
    /// The steps of planned statements, in order.
    pub steps: Vec<Mark>,
}

impl Entry {
    /// The steps of one planned statement.
    pub fn steps_of(&self, part: Part, statement: usize) -> impl DoubleEndedIterator<Item = &Mark> {
        self.steps.iter().filter(move |mark| mark.place.part == part && mark.place.statement == statement)
    }

    /// `VERSION name`, for messages.
    #[must_use]
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.version.clone() } else { format!("{} {}", self.version, self.name) }
    }
}

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Begun, not all statements done: under way, or interrupted, or failed.
    Running,
    /// In use; what the old was is still there, and `contract` removes it.
    AwaitsContract,
    /// Done.
    Applied,
    /// Undo was begun.
    Undoing,
    /// Undone.
    RolledBack,
    /// Recorded as applied without having been run.
    Baseline,
}

impl State {
    /// Whether someone must resume or undo it before anything else is done.
    #[must_use]
    pub const fn unfinished(self) -> bool {
        matches!(self, Self::Running | Self::Undoing)
    }

    /// Whether the target has what the migration makes.
    #[must_use]
    pub const fn in_effect(self) -> bool {
        matches!(self, Self::AwaitsContract | Self::Applied | Self::Baseline)
    }

    /// The word that the journal holds.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::AwaitsContract => "awaits-contract",
            Self::Applied => "applied",
            Self::Undoing => "undoing",
            Self::RolledBack => "rolled-back",
            Self::Baseline => "baseline",
        }
    }

    /// The state of a word in the journal.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let all = [Self::Running, Self::AwaitsContract, Self::Applied, Self::Undoing, Self::RolledBack, Self::Baseline];
        all.into_iter().find(|state| state.word() == word)
    }
}

/// A statement as the file had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Written {
    /// The statement.
    pub sql: String,
    /// Its line in the file, from 1.
    pub line: usize,
}

/// Which part of a file a statement belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What `apply` does.
    Up,
    /// The `-- down` part.
    Down,
}

impl Part {
    /// The word that the journal holds.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// A statement that had its turn: its plan without the steps, which are marks of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    /// The part that it belongs to.
    pub part: Part,
    /// Its place in the part, from 0.
    pub statement: usize,
    /// The plan; its `steps` are empty here.
    pub plan: Planned,
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The migration's version.
    pub version: String,
    /// The part of its file.
    pub part: Part,
    /// The statement in the part, from 0.
    pub statement: usize,
    /// The step of the statement's plan, from 0.
    pub step: usize,
}

/// A step in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mark {
    /// Where it stands.
    pub place: Place,
    /// How far it is.
    pub state: Progressed,
    /// Where a backfill goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<serde_json::Value>,
    /// The step, whole.
    pub plan: Step,
    /// How often it was tried.
    pub attempts: i32,
    /// What the last failed attempt said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was first tried, by the server's clock.
    pub started_at: Option<Timestamp>,
    /// When it was done or undone, by the server's clock.
    pub finished_at: Option<Timestamp>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Progressed {
    /// Not begun.
    Planned,
    /// Begun: it may be half done.
    Running,
    /// Done.
    Done,
    /// Undo was begun.
    Undoing,
    /// Undone.
    Undone,
}

impl Progressed {
    /// The word that the journal holds.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Done => "done",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// The state of a word in the journal.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let all = [Self::Planned, Self::Running, Self::Done, Self::Undoing, Self::Undone];
        all.into_iter().find(|state| state.word() == word)
    }
}

/// What is written to the journal beside the marks of steps.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A migration begins (again, after it was undone): its entry replaces an older one of its version; steps go with it.
    Begin(Box<Entry>),
    /// A statement had its turn: its plan replaces what was planned for it before.
    Plan {
        /// The migration.
        version: String,
        /// The part that the statement belongs to.
        part: Part,
        /// Its place in the part.
        statement: usize,
        /// The plan, steps included.
        plan: Box<Planned>,
    },
    /// The file was mended behind the statements that are done: its remaining statements and checksum are new.
    Mended {
        /// The migration.
        version: String,
        /// The file's checksum now.
        checksum: String,
        /// All its statements now.
        up: Vec<Written>,
        /// Its `-- down` part now.
        down: Option<Vec<Written>>,
    },
    /// The state changes; the moments that go with it are the server's.
    State {
        /// The migration.
        version: String,
        /// Its new state.
        state: State,
    },
    /// Time was spent on a migration.
    Took {
        /// The migration.
        version: String,
        /// How long, by a clock that nobody sets.
        ms: i64,
    },
    /// A step failed.
    Failed {
        /// The step.
        place: Place,
        /// Why.
        error: String,
    },
}
