//! What an error in the middle of a step means: try again, connect again, or give up.

use dbwright_core::Failure;
use mysql_async::{DriverError, Error};

/// What went wrong with an attempt.
pub(in crate::migrate) enum Trouble {
    /// The connection is gone; what became of the attempt is in the journal, or in the schema.
    Lost(String),
    /// A lock could not be had in time, or the server broke a deadlock; nothing was done.
    Busy(String),
    /// The disk (or a temporary area) is full; nothing was done.
    Full(String),
    /// The statement was ended by somebody: by us, when others waited behind it.
    Cancelled,
    /// A row stands in the way of a unique key; nothing was done.
    Duplicate(String),
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
    pub(in crate::migrate) fn of(error: &Error, what: &str) -> Self {
        let text = crate::error::text(error);
        if is_lost(error) {
            return Self::Lost(text);
        }
        match code(error) {
            // Lock wait, deadlock, NOWAIT, a table that was changed meanwhile, a certification that failed.
            1205 | 1213 | 3572 | 1412 | 1020 | 1180 => Self::Busy(text),
            1114 | 1021 | 1041 | 1037 | 1038 | 3 => Self::Full(text),
            1317 | 3024 | 1969 => Self::Cancelled,
            1062 | 1586 | 1859 => Self::Duplicate(text),
            _ => Self::Final(failure(error, what)),
        }
    }
}

/// The server's number of an error; 0 when it is not the server's.
pub(in crate::migrate) const fn code(error: &Error) -> u16 {
    match error {
        Error::Server(server) => server.code,
        _ => 0,
    }
}

/// Whether the connection is gone.
pub(in crate::migrate) const fn is_lost(error: &Error) -> bool {
    match error {
        Error::Io(_) => true,
        Error::Driver(driver) => matches!(driver, DriverError::ConnectionClosed | DriverError::PoolDisconnected),
        Error::Server(server) => matches!(server.code, 1053 | 1080 | 1152 | 1158..=1161 | 1184 | 1927 | 3169 | 4031),
        _ => false,
    }
}

/// An error of the server as a failure that says what was being done.
pub(in crate::migrate) fn failure(error: &Error, what: &str) -> Failure {
    let text = crate::error::text(error);
    if is_lost(error) {
        return Failure::unreachable("migrate.connection", format!("{what}: {text}"));
    }
    let number = code(error);
    let message = format!("{what}: {text} ({number})");
    match number {
        1044 | 1045 | 1142 | 1143 | 1227 | 1370 | 1410 => Failure::not_permitted("migrate.privilege", message)
            .hint("connect as an account that may change the schema, or have the privilege granted"),
        1290 | 1836 => Failure::not_permitted("migrate.read-only", message),
        1419 => Failure::not_permitted("migrate.privilege", message).hint(
            "with a binary log, triggers need SUPER (MySQL: SET_ANY_DEFINER or log_bin_trust_function_creators = 1)",
        ),
        1799 => Failure::not_permitted("migrate.statement", message)
            .hint("more was written meanwhile than the server keeps: raise innodb_online_alter_log_max_size, or run it when less is written"),
        _ => Failure::not_permitted("migrate.statement", message),
    }
}
