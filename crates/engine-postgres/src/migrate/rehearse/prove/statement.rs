//! What one statement does: its locks, rewrites and reads, asked in its own transaction where it has one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use dbwright_core::Failure;
use dbwright_core::target::Address;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

use crate::migrate::rehearse::trace::{LockMode, Look, Tracer, Who, inside, relations};

/// What was measured.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    /// The strongest mode on each relation that was there before, by `schema.name`.
    pub(super) locks: BTreeMap<String, LockMode>,
    /// Relations that are no tables or views, among them.
    pub(super) indexes: BTreeSet<String>,
    /// Tables with a new file.
    pub(super) rewrites: BTreeSet<String>,
    /// Tables of which as many rows were read as there are.
    pub(super) reads: BTreeSet<String>,
    /// Whether it refused to be in a transaction.
    pub(super) alone: bool,
    /// SQLSTATE and words, when the server refused.
    pub(super) refused: Option<(String, String)>,
}

/// Whether the transaction that a statement is measured in stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Afterwards {
    /// It is committed.
    Kept,
    /// It is rolled back.
    TakenBack,
}

/// How long a writer holds on.
const HOLD: Duration = Duration::from_millis(300);

const FILES: &str = "\
SELECT n.nspname || '.' || c.relname, c.relfilenode, c.oid, c.relkind::text, c.reltuples::bigint
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

/// Rows that were read one after the other and that the session has not told of yet: those of earlier transactions too.
const READ: &str = "SELECT relid, seq_tup_read FROM pg_catalog.pg_stat_xact_user_tables WHERE seq_tup_read > 0";

/// Measures a statement in a transaction of its own; one that refuses to be in a transaction is watched from outside.
pub(super) async fn measure(
    client: &Client,
    url: &str,
    sql: &str,
    afterwards: Afterwards,
) -> Result<Measured, Failure> {
    let (there, files) = (relations(client).await?, tables(client).await?);
    run(client, "BEGIN").await?;
    let read = read_rows(client).await?;
    match client.batch_execute(sql).await {
        Ok(()) => {}
        Err(error) if error.code() == Some(&SqlState::ACTIVE_SQL_TRANSACTION) => {
            run(client, "ROLLBACK").await?;
            return outside(client, url, sql, "").await.map(|measured| Measured { alone: true, ..measured });
        }
        Err(error) => {
            run(client, "ROLLBACK").await?;
            return refused(&error);
        }
    }
    let mut measured = Measured::default();
    for lock in inside(client, &there).await?.iter().filter(|lock| !lock.made_here) {
        measured.add(&lock.relation, lock.kind, lock.mode);
    }
    let now = tables(client).await?;
    measured.compare(&files, &now);
    for (oid, rows) in read_rows(client).await? {
        let rows = rows - read.get(&oid).copied().unwrap_or(0);
        let whole = files.get(&oid).filter(|table| table.rows > 0 && rows >= table.rows);
        measured.reads.extend(whole.map(|table| table.name.clone()));
    }
    run(client, if afterwards == Afterwards::Kept { "COMMIT" } else { "ROLLBACK" }).await?;
    Ok(measured)
}

async fn read_rows(client: &Client) -> Result<HashMap<u32, i64>, Failure> {
    let rows = client.query(READ, &[]).await.map_err(|e| lost(&e))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Runs a statement that refuses to be in a transaction, looking without a pause. A writer that holds `tables` for a while
/// makes it stop where it has to wait, so that what it holds and wants there is seen for sure.
pub(super) async fn outside(client: &Client, url: &str, sql: &str, held: &str) -> Result<Measured, Failure> {
    let files = tables(client).await?;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.map_err(|e| lost(&e))?.get(0);
    let writer = crate::connect::open(&Address::parse(url)?, HOLD * 100).await?;
    if !held.is_empty() {
        run(&writer.client, &format!("BEGIN; LOCK TABLE {held} IN ROW EXCLUSIVE MODE")).await?;
    }
    let look = Look { every: Duration::ZERO, log: None };
    let tracer = Tracer::start_with(url, Who::Pid(pid), look).await?;
    let release = async {
        tokio::time::sleep(HOLD).await;
        writer.client.batch_execute("ROLLBACK").await
    };
    let (done, released) = tokio::join!(client.batch_execute(sql), release);
    if let Err(error) = done {
        return refused(&error);
    }
    released.map_err(|e| lost(&e))?;
    let trace = tracer.cut().await?;
    let mut measured = Measured::default();
    for held in trace.locks.iter().filter(|held| held.was_there) {
        measured.add(&held.relation, held.kind, held.mode);
    }
    for (relation, mode) in &trace.wanted {
        let is_table = files.values().any(|file| file.name == *relation) || !measured.indexes.contains(relation);
        measured.add(relation, if is_table { 'r' } else { 'i' }, *mode);
    }
    let now = tables(client).await?;
    measured.compare(&files, &now);
    Ok(measured)
}

impl Measured {
    fn add(&mut self, relation: &str, kind: char, mode: LockMode) {
        let held = self.locks.entry(relation.to_owned()).or_insert(mode);
        *held = mode.max(*held);
        if !matches!(kind, 'r' | 'p' | 'm' | 'v' | 'f') {
            self.indexes.insert(relation.to_owned());
        }
    }

    fn compare(&mut self, before: &HashMap<u32, File>, after: &HashMap<u32, File>) {
        let changed = before.iter().filter(|(oid, file)| after.get(oid).is_some_and(|now| now.node != file.node));
        self.rewrites.extend(changed.map(|(_, file)| file.name.clone()));
    }

    /// Both together: what another run saw as well.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.rewrites.extend(other.rewrites);
        for (relation, mode) in other.locks {
            let kind = if other.indexes.contains(&relation) { 'i' } else { 'r' };
            self.add(&relation, kind, mode);
        }
        self
    }
}

struct File {
    name: String,
    node: u32,
    rows: i64,
}

async fn tables(client: &Client) -> Result<HashMap<u32, File>, Failure> {
    let rows = client.query(FILES, &[]).await.map_err(|e| lost(&e))?;
    let file = |row: &tokio_postgres::Row| File { name: row.get(0), node: row.get(1), rows: row.get(4) };
    Ok(rows.iter().map(|row| (row.get(2), file(row))).collect())
}

pub(super) fn refused(error: &Error) -> Result<Measured, Failure> {
    let Some(db) = error.as_db_error() else { return Err(lost(error)) };
    let refused = Some((db.code().code().to_owned(), db.message().to_owned()));
    Ok(Measured { refused, ..Measured::default() })
}

pub(super) async fn run(client: &Client, sql: &str) -> Result<(), Failure> {
    client.batch_execute(sql).await.map_err(|e| lost(&e))
}

pub(super) fn lost(error: &Error) -> Failure {
    Failure::internal("rehearse.prove", format!("the private server refuses: {}", crate::error::text(error)))
}
