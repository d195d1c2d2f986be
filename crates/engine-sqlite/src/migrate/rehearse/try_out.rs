//! Tries the application's statements, each in a transaction that is taken back.

use std::path::Path;
use std::time::Duration;

use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::rehearse::TryOut;
use dbwright_sql::Dialect;
use rusqlite::Connection;

use super::broken;
use crate::migrate::parse::{Act, act};

/// How long a statement waits for the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// A session that tries.
pub(super) struct Tries(Connection);

impl Tries {
    /// Opens one.
    ///
    /// # Errors
    /// When the copy can't be opened.
    pub(super) fn new(path: &Path) -> Result<Self, Failure> {
        let db = Connection::open(path).map_err(broken)?;
        db.busy_timeout(PATIENCE).map_err(broken)?;
        Ok(Self(db))
    }

    fn tried(&self, sql: &str) -> rusqlite::Result<Result<(), String>> {
        self.0.execute_batch("BEGIN")?;
        let outcome = self.0.execute_batch(sql).map_err(|error| crate::migrate::schema::said(&error));
        if !self.0.is_autocommit() {
            self.0.execute_batch("ROLLBACK")?;
        }
        Ok(outcome)
    }
}

impl TryOut for Tries {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn refuses(&self, sql: &str) -> Option<String> {
        let why = match act(sql) {
            Act::Transaction { .. } => "it begins or ends a transaction",
            Act::Vacuum { .. } => "VACUUM can't be taken back",
            Act::Attach => "it works on another file",
            Act::Pragma { value: Some(_), .. } => "a setting can't be taken back",
            _ => return None,
        };
        Some(why.to_owned())
    }

    fn attempt<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Result<(), String>, Failure>> {
        Box::pin(async move { self.tried(sql).map_err(broken) })
    }
}
