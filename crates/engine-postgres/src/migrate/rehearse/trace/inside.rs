//! The exact locks of a transaction, asked in it before it ends.

use std::collections::BTreeMap;

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
SELECT l.relation, l.mode, n.nspname || '.' || c.relname, c.relkind::text
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.relation >= 16384
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND n.nspname IS DISTINCT FROM 'pg_toast'";

const RELATIONS: &str = "\
SELECT c.oid, n.nspname || '.' || c.relname, c.relkind::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND n.nspname <> 'pg_toast'";

/// The user relations that there are: name (`schema.name`) and `pg_class.relkind` by oid.
pub type Relations = BTreeMap<u32, (String, char)>;

/// Reads them.
///
/// # Errors
/// When the server refuses.
pub async fn relations(client: &Client) -> Result<Relations, Failure> {
    let rows = client.query(RELATIONS, &[]).await.map_err(|e| unreadable(&e))?;
    Ok(rows.iter().map(|row| (row.get(0), (row.get(1), kind(row.get(2))))).collect())
}

/// The locks that the client's current transaction holds on user relations, the strongest of each first. `before` is what
/// [`relations`] gave before it began: a relation goes by its name of then.
///
/// # Errors
/// When the server refuses.
pub async fn inside(client: &Client, before: &Relations) -> Result<Vec<Inside>, Failure> {
    let rows = client.query(LOCKS, &[]).await.map_err(|e| unreadable(&e))?;
    let lock = |row: &tokio_postgres::Row| {
        let (there, mode) = (before.get(&row.get::<_, u32>(0)), LockMode::read(row.get(1))?);
        let (relation, kind) = match there {
            Some(there) => there.clone(),
            None => (row.get::<_, Option<String>>(2)?, kind(row.get::<_, Option<&str>>(3)?)),
        };
        Some(Inside { relation, kind, mode, made_here: there.is_none() })
    };
    let mut all: Vec<Inside> = rows.iter().filter_map(lock).collect();
    all.sort_by(|a, b| a.relation.cmp(&b.relation).then_with(|| b.mode.cmp(&a.mode)));
    Ok(all)
}

fn kind(text: &str) -> char {
    text.chars().next().unwrap_or(' ')
}

fn unreadable(error: &tokio_postgres::Error) -> Failure {
    Failure::internal("rehearse.trace", format!("the locks can't be read: {}", crate::error::text(error)))
}
