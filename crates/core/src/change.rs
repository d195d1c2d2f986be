//! A change: the statements that mend a finding, and the way back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Statements to run in order, and the statements that undo them.
///
/// Statements carry no trailing semicolon; renderers add it. Each one is sent on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Statements that make the change, in order.
    pub forward: Vec<String>,
    /// Statements that undo it, in order; empty when it can't be undone (see `irreversible`).
    pub back: Vec<String>,
    /// What is locked, how strongly and for how long, in one phrase.
    pub lock: String,
    /// Whether `forward` may run inside one transaction (false for `CONCURRENTLY`, `VACUUM`, `ALTER SYSTEM`).
    pub in_transaction: bool,
    /// Whether it takes effect only when the server is restarted afterwards, which no statement can do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restart: bool,
    /// Why there is no way back, when `back` is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irreversible: Option<String>,
    /// Engine versions the statements are valid for, when not all supported ones, for example `14+`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<String>,
}

impl Change {
    /// A change that may run in a transaction, with its lock described.
    pub fn new<S: Into<String>>(forward: impl IntoIterator<Item = S>, lock: impl Into<String>) -> Self {
        Self {
            forward: forward.into_iter().map(Into::into).collect(),
            back: Vec::new(),
            lock: lock.into(),
            in_transaction: true,
            restart: false,
            irreversible: None,
            versions: None,
        }
    }

    /// Adds the statements that undo the change.
    #[must_use]
    pub fn back<S: Into<String>>(mut self, back: impl IntoIterator<Item = S>) -> Self {
        self.back = back.into_iter().map(Into::into).collect();
        self
    }

    /// Says why the change can't be undone.
    #[must_use]
    pub fn irreversible(mut self, reason: impl Into<String>) -> Self {
        self.irreversible = Some(reason.into());
        self
    }

    /// Marks the statements as refusing to run inside a transaction block.
    #[must_use]
    pub const fn outside_transaction(mut self) -> Self {
        self.in_transaction = false;
        self
    }

    /// Says that the change takes effect only when the server is restarted afterwards.
    #[must_use]
    pub const fn needs_restart(mut self) -> Self {
        self.restart = true;
        self
    }

    /// Limits the change to some engine versions, for example `14+`.
    #[must_use]
    pub fn versions(mut self, versions: impl Into<String>) -> Self {
        self.versions = Some(versions.into());
        self
    }
}
