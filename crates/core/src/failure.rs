//! The one error that reaches a user: what happened, to which object, and what to do next.

use std::error::Error;

/// What kind of failure it is; exit code, MCP error and HTTP status derive from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The call itself is wrong: unknown option, scheme, rule id, or a bad configuration file.
    Usage,
    /// The target does not answer, or is not what it should be (corrupt, truncated, another format).
    Unreachable,
    /// The target answers and refuses.
    NotPermitted,
    /// The user stopped it.
    Interrupted,
    /// dbwright is at fault, or the machine (disk full, no memory).
    Internal,
}

/// A failure with a stable code and hints for the next step.
#[derive(Debug)]
pub struct Failure {
    /// What kind it is.
    pub kind: FailureKind,
    /// Stable code that can be looked up, for example `target.unknown-scheme`.
    pub code: &'static str,
    /// What happened, to which object; one sentence, no secret in it.
    pub message: String,
    /// What to do next, one sentence or command each.
    pub hints: Vec<String>,
    /// The underlying error, for `--verbose`.
    pub source: Option<Box<dyn Error + Send + Sync>>,
    /// Lines shown as they are below the message: a source excerpt with a caret, a server's log tail.
    pub excerpt: Option<String>,
}

impl Failure {
    /// A failure of a kind, with its code and message.
    pub fn new(kind: FailureKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), hints: Vec::new(), source: None, excerpt: None }
    }

    /// [`FailureKind::Usage`].
    pub fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, code, message)
    }

    /// [`FailureKind::Unreachable`].
    pub fn unreachable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unreachable, code, message)
    }

    /// [`FailureKind::NotPermitted`].
    pub fn not_permitted(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotPermitted, code, message)
    }

    /// [`FailureKind::Internal`].
    pub fn internal(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Internal, code, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Keeps the underlying error.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds lines to show below the message.
    #[must_use]
    pub fn excerpt(mut self, excerpt: impl Into<String>) -> Self {
        self.excerpt = Some(excerpt.into());
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
