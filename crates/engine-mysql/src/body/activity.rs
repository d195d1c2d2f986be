//! Who is connected, which transactions are open, and who waits for whom. No values: statements are normalised.

use serde::{Deserialize, Serialize};

/// What goes on at the time of the snapshot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Activity {
    /// Sessions of clients, our own left out.
    pub sessions: Vec<Connected>,
    /// Open transactions of InnoDB, the oldest first.
    pub transactions: Vec<Transaction>,
    /// Waits for row locks.
    pub row_waits: Vec<RowWait>,
    /// Metadata locks of tables that somebody waits for, those that are held and those that are asked for.
    pub table_locks: Vec<TableLock>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Connected {
    /// Connection id, as `KILL` takes it.
    pub id: u64,
    /// User.
    pub user: String,
    /// Host, without the port.
    pub host: String,
    /// Database.
    pub database: Option<String>,
    /// What it does: `Sleep`, `Query`, …
    pub command: String,
    /// For how long, in seconds.
    pub seconds: u64,
    /// What it waits for or works at.
    pub state: Option<String>,
    /// Its statement, without values.
    pub statement: Option<String>,
}

/// An open transaction.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Transaction {
    /// Connection id; 0 for one of the server's own, or a prepared one that lost its client.
    pub id: u64,
    /// `RUNNING`, `LOCK WAIT`, `ROLLING BACK`, `COMMITTING`.
    pub state: String,
    /// Age in seconds.
    pub seconds: f64,
    /// Rows changed.
    pub rows_modified: u64,
    /// Row locks, about.
    pub rows_locked: u64,
    /// Isolation level.
    pub isolation: String,
}

/// A session that waits for a row lock.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RowWait {
    /// Who waits.
    pub waiter: u64,
    /// Who holds the lock, or is before it in the queue.
    pub blocker: u64,
    /// For how long, in seconds.
    pub seconds: f64,
    /// `schema.table` of the row.
    pub table: Option<String>,
}

/// A metadata lock on a table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableLock {
    /// Whose it is.
    pub id: u64,
    /// Schema.
    pub schema: String,
    /// Table.
    pub table: String,
    /// `SHARED_READ`, `EXCLUSIVE`, …
    pub kind: String,
    /// Whether it is held; else it is asked for.
    pub granted: bool,
    /// How long the session is in its state, in seconds.
    pub seconds: u64,
}
