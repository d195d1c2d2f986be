//! The sample shop: schemas with planted faults, a generator of rows, and a workload.
//!
//! Rows are a pure function of table, row number and size, so that every run and both engines get
//! the same ones. Nothing here looks for faults; that is what dbwright is for.

pub mod postgres;
pub mod rows;
pub mod sqlite;

/// The workload: the statements that the shop runs, with their weights.
pub const WORKLOAD: &str = include_str!("../workload.sql");

/// Orders of the demo; the other tables follow from it.
pub const DEMO_ORDERS: u64 = 200_000;

/// Why the shop could not be built.
#[derive(Debug)]
pub enum Error {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// PostgreSQL refused.
    Postgres(tokio_postgres::Error),
    /// A file could not be written.
    Io(std::io::Error),
    /// The user stopped it.
    Cancelled,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(e) => write!(f, "{e}"),
            Self::Postgres(e) => write!(f, "{e}"),
            Self::Io(e) => write!(f, "{e}"),
            Self::Cancelled => f.write_str("stopped"),
        }
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sqlite(e)
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        Self::Postgres(e)
    }
}

impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Self {
        Self::Io(e)
    }
}
