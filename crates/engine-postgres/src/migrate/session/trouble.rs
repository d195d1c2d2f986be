//! What an error in the middle of a step means: try again, connect again, or give up.

use dbwright_core::Failure;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// What went wrong with an attempt.
pub(super) enum Trouble {
    /// The connection is gone; what became of the attempt is in the journal.
    Lost(String),
    /// A lock could not be had in time, or the server broke a deadlock; nothing was done.
    Busy(String),
    /// The disk (or memory) is full; nothing was done.
    Full(String),
    /// The statement was cancelled.
    Cancelled,
    /// Anything else: the same will happen again.
    Final(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Final(failure)
    }
}

impl Trouble {
    /// Sorts an error; `what` was being done.
    pub(super) fn of(error: &Error, what: &str) -> Self {
        let text = crate::error::text(error);
        let Some(code) = error.code().filter(|_| !lost(error)) else { return Self::Lost(text) };
        let busy = [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE];
        let full = [SqlState::DISK_FULL, SqlState::OUT_OF_MEMORY, SqlState::INSUFFICIENT_RESOURCES];
        if busy.contains(code) {
            Self::Busy(text)
        } else if full.contains(code) {
            Self::Full(text)
        } else if *code == SqlState::QUERY_CANCELED {
            Self::Cancelled
        } else {
            Self::Final(failure(error, what))
        }
    }
}

/// Whether the connection is at its end: whatever is no word of the server's is the connection's, and the server says so
/// before it closes one.
fn lost(error: &Error) -> bool {
    let last_words = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    error.code().is_none_or(|code| last_words.contains(code) || code.code().starts_with("08"))
}

/// An error of the server as a failure that says what was being done.
pub(super) fn failure(error: &Error, what: &str) -> Failure {
    let text = crate::error::text(error);
    let Some(db) = error.as_db_error().filter(|_| !lost(error)) else {
        return Failure::unreachable("migrate.connection", format!("{what}: {text}"));
    };
    let message = format!("{what}: {text} ({})", db.code().code());
    let code = match *db.code() {
        SqlState::INSUFFICIENT_PRIVILEGE => "migrate.privilege",
        SqlState::READ_ONLY_SQL_TRANSACTION => "migrate.read-only",
        SqlState::QUERY_CANCELED => "migrate.cancelled",
        SqlState::DISK_FULL => "migrate.full",
        _ => "migrate.statement",
    };
    let mut failure = Failure::not_permitted(code, message);
    let more = [("", db.detail()), ("", db.hint()), ("in ", db.where_())];
    for (before, text) in more {
        for line in text.unwrap_or_default().lines() {
            failure = failure.hint(format!("{before}{line}"));
        }
    }
    if *db.code() == SqlState::DISK_FULL {
        failure = failure
            .hint("make room on the server, then run the same command again, or `dbwright migrate resume TARGET`");
    }
    if *db.code() == SqlState::QUERY_CANCELED {
        failure = failure.hint("somebody ended it; what was begun is in the journal: run the same command again, or `dbwright migrate resume TARGET`");
    }
    if *db.code() == SqlState::INSUFFICIENT_PRIVILEGE {
        failure = failure
            .hint("a schema is changed by its owner: connect as the owner of the object, or as a member of that role");
    }
    failure
}
