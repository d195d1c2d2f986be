//! What migrations need from an engine.

use dbwright_core::Failure;

use crate::script::Script;

/// An engine whose schema can be changed online.
pub trait OnlineDdl: Send + Sync {
    /// Splits a text into statements.
    ///
    /// # Errors
    /// When it holds what no statement is: client commands (`\i`), or an unfinished string; with line and caret.
    fn read(&self, file: &str, text: &str) -> Result<Script, Failure>;
}
