//! The exact locks of a transaction, asked in it before it ends.

use std::collections::BTreeSet;

use dbwright_core::Failure;
use tokio_postgres::Client;

use super::LockMode;

/// A lock that the current transaction holds on a user relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// The relation as `schema.name`, unquoted.
    pub relation: String,
    /// `pg_class.relkind`.
    pub kind: char,
    /// The mode.
    pub mode: LockMode,
    /// Whether this transaction made the relation.
    pub made_here: bool,
}

const LOCKS: &str = "\
SELECT n.nspname::text, c.relname::text, c.relkind::text, l.mode, c.oid
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_class c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'";

/// The oids of all relations that there are.
///
/// # Errors
/// When the server refuses.
pub async fn relations(client: &Client) -> Result<BTreeSet<u32>, Failure> {
    let rows = client.query("SELECT oid FROM pg_catalog.pg_class", &[]).await.map_err(|e| unreadable(&e))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The locks that the client's current transaction holds on user relations, the strongest of each first. `before` is what [`relations`]
/// gave before it began.
///
/// # Errors
/// When the server refuses.
pub async fn inside(client: &Client, before: &BTreeSet<u32>) -> Result<Vec<Inside>, Failure> {
    let rows = client.query(LOCKS, &[]).await.map_err(|e| unreadable(&e))?;
    let lock = |row: &tokio_postgres::Row| {
        let (schema, name, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        Some(Inside {
            relation: format!("{schema}.{name}"),
            kind: kind.chars().next()?,
            mode: LockMode::read(row.get(3))?,
            made_here: !before.contains(&row.get::<_, u32>(4)),
        })
    };
    let mut all: Vec<Inside> = rows.iter().filter_map(lock).collect();
    all.sort_by(|a, b| a.relation.cmp(&b.relation).then_with(|| b.mode.cmp(&a.mode)));
    Ok(all)
}

fn unreadable(error: &tokio_postgres::Error) -> Failure {
    Failure::internal("rehearse.trace", format!("the locks can't be read: {}", crate::error::text(error)))
}
