//! The engine's part of a rehearsal: where it takes place, who reads and writes there, and who watches.

use std::collections::BTreeMap;
use std::sync::Arc;

use dbwright_core::progress::Progress;
use dbwright_core::{BoxFuture, Failure};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Table};

use super::Size;
use super::load::Template;
use super::report::{LockHeld, TableRows, Waits};
use crate::plan::Step;
use crate::port::Session;

/// Makes stages that look like one target.
pub trait Stages: Send + Sync {
    /// A private server with the target's schema, and rows.
    ///
    /// # Errors
    /// When there is no room or no program for it, or the target can't be read.
    fn make<'a>(
        &'a self,
        size: Size,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Stage + 'a>, Failure>>;

    /// Rows of the target's largest touched table, when known.
    fn target_rows(&self) -> Option<u64>;

    /// Whom a lock of this mode (as [`LockHeld::mode`] has it) stops.
    fn stops(&self, mode: &str) -> Stops;
}

/// Whom a lock stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stops {
    /// Neither readers nor writers of rows.
    Nobody,
    /// Writers.
    Writers,
    /// Readers and writers.
    Everybody,
}

/// A private server, ready for a pass.
pub trait Stage: Send + Sync {
    /// What is on it, for people.
    fn data(&self) -> &str;

    /// The server: `PostgreSQL 17.11`.
    fn server(&self) -> &str;

    /// What is not as in the target.
    fn notes(&self) -> &[String];

    /// Rows of the touched tables.
    fn tables(&self) -> &[TableRows];

    /// Opens the session that carries the migrations out.
    ///
    /// # Errors
    /// When the server refuses.
    fn open<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<Box<dyn Session>, Failure>>;

    /// Its schema as it is now, without what dbwright keeps there itself.
    ///
    /// # Errors
    /// When it can't be read.
    fn schema<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<Schema, Failure>>;

    /// The statements of the load on these tables, each of which works as they are now.
    ///
    /// # Errors
    /// When the connection breaks.
    fn load<'a>(&'a self, tables: &'a [&'a Table]) -> BoxFuture<'a, Result<Vec<Template>, Failure>>;

    /// Those who run them.
    ///
    /// # Errors
    /// When it has no address.
    fn clients(&self) -> Result<Arc<dyn Clients>, Failure>;

    /// Begins to watch the session that carries the migrations out. Sessions of the load are the others.
    ///
    /// # Errors
    /// When the server refuses.
    fn watch(&self) -> BoxFuture<'_, Result<Box<dyn Watch>, Failure>>;

    /// A session that tries the application's statements.
    ///
    /// # Errors
    /// When the server refuses.
    fn try_out(&self) -> BoxFuture<'_, Result<Box<dyn TryOut>, Failure>>;
}

/// A schema that another one is compared with.
#[derive(Debug)]
pub struct Schema {
    /// As observed.
    pub catalog: Catalog,
    /// Definitions as the server prints them, by object path: what the catalog does not know is compared in them.
    pub texts: BTreeMap<String, String>,
}

/// Connects sessions that belong to the load.
pub trait Clients: Send + Sync {
    /// One more.
    ///
    /// # Errors
    /// When the server refuses.
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Client>, Failure>>;
}

/// A session of the load.
pub trait Client: Send {
    /// Runs a statement; gives the first column of its rows, or, of an insert without rows, the key that the server made.
    ///
    /// # Errors
    /// What the server says.
    fn run<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Vec<String>, String>>;

    /// Whether the connection is gone.
    fn closed(&self) -> bool;
}

/// Watches the steps from beside them.
pub trait Watch: Send {
    /// A step begins.
    ///
    /// # Errors
    /// When the server can't be looked at.
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Failure>>;

    /// It has ended: what was seen since the beginning.
    ///
    /// # Errors
    /// When the server can't be looked at.
    fn end<'a>(&'a mut self, step: &'a Step) -> BoxFuture<'a, Result<Watched, Failure>>;
}

/// What was seen of a step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watched {
    /// From its beginning to its end.
    pub ms: f64,
    /// Locks on relations that were there before.
    pub locks: Vec<LockHeld>,
    /// How long it waited for locks itself.
    pub waited_ms: f64,
    /// The others who waited for it.
    pub blocked: Waits,
    /// Tables and indexes that have a new file.
    pub rewritten: Vec<String>,
    /// Bytes of log.
    pub wal_bytes: u64,
    /// Bytes of temporary files; none when they can't be seen.
    pub temp_bytes: Option<u64>,
}

/// Tries statements and takes back what they do.
pub trait TryOut: Send {
    /// How a text of statements is read.
    fn dialect(&self) -> Dialect;

    /// Why a statement can't be tried, when it can't be taken back.
    fn refuses(&self, sql: &str) -> Option<String> {
        let _ = sql;
        None
    }

    /// Tries one and takes it back; the inner error is what the server says of the statement.
    ///
    /// # Errors
    /// When nothing can be tried any more.
    fn attempt<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Result<(), String>, Failure>>;
}
