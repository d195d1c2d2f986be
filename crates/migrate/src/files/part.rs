//! A part of a file: what applies a migration, or what undoes it.

use std::ops::Range;
use std::sync::Arc;

use dbwright_core::Failure;

use crate::port::OnlineDdl;
use crate::script::Script;

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The file as the user would name it.
    pub file: String,
    /// The whole text of the file.
    pub text: Arc<str>,
    /// The bytes of the text that belong to the part.
    pub range: Range<usize>,
}

impl Part {
    /// A whole file.
    #[must_use]
    pub fn whole(file: &str, text: Arc<str>) -> Self {
        Self { file: file.to_owned(), range: 0..text.len(), text }
    }

    /// The part's own text.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.text[self.range.clone()]
    }

    /// Its statements, with their places in the file.
    ///
    /// # Errors
    /// When it holds what no statement is.
    pub fn read(&self, engine: &dyn OnlineDdl) -> Result<Script, Failure> {
        // Line and column stay those of the file: what is not of this part is blanked out, byte by byte.
        let masked = [blank(&self.text[..self.range.start]), self.sql().to_owned()].concat();
        let script = engine.read(&self.file, &masked)?;
        Ok(Script { text: Arc::clone(&self.text), ..script })
    }
}

/// As many bytes, with the line ends where they were.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}
