//! What the user wrote: one SQL text, split into statements with their places.

use std::ops::Range;
use std::sync::Arc;

/// A SQL text of a migration: a whole file, or its up or down part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The file as the user named it, for messages.
    pub file: String,
    /// The whole text of the file; places of statements refer to it.
    pub text: Arc<str>,
    /// Its statements, in order; those that only begin or end a transaction included.
    pub statements: Vec<Statement>,
}

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The file that it stands in, as the user named it, for messages about statements of several files.
    pub file: Arc<str>,
    /// The statement, without comments before it and without the closing semicolon.
    pub sql: String,
    /// Comments that stand directly before it or on its last line, as written.
    pub comments: Vec<String>,
    /// Its bytes in the file's text.
    pub range: Range<usize>,
    /// Line in the file, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Statement {
    /// File and line of one of its bytes, for messages.
    #[must_use]
    pub fn place(&self, byte: usize) -> String {
        let line = self.line + self.sql.get(..byte).unwrap_or_default().matches('\n').count();
        if self.file.is_empty() { format!("line {line}") } else { format!("{}:{line}", self.file) }
    }
}
