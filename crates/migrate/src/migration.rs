//! A migration as its files say it.

use crate::journal::Written;
use crate::script::Script;

/// A migration: one file, or an up file and a down file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The version that its name begins with, as written.
    pub version: String,
    /// The rest of its name; may be empty.
    pub name: String,
    /// The file, as the user would name it.
    pub file: String,
    /// SHA-256 of the file that `apply` runs, in hex.
    pub checksum: String,
    /// What `apply` does.
    pub up: Script,
    /// What `undo` does once the migration is finished, when its author wrote it.
    pub down: Option<Script>,
    /// Whether it is applied again whenever its checksum is another than the journal's, and never undone (Flyway's `R__`).
    pub repeatable: bool,
}

impl Migration {
    /// `VERSION name`, for messages.
    #[must_use]
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.version.clone() } else { format!("{} {}", self.version, self.name) }
    }
}

/// The statements of a script, as the journal keeps them.
#[must_use]
pub fn written(script: &Script) -> Vec<Written> {
    script.statements.iter().map(|s| Written { sql: s.sql.clone(), line: s.line }).collect()
}
