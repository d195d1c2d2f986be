//! Sessions, who waits for whom, and prepared transactions.

use dbwright_core::Failure;
use dbwright_sql::{Dialect, normal};
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::rights;
use super::session::Session as Observation;
use crate::body::{LockWait, PreparedTransaction, Server, Session, area};

/// A session of another role shows its row, with nothing but pid, role and database in it.
const SESSIONS: &str = "\
SELECT /* dbwright */ a.pid, a.datname, a.usename, a.application_name, a.backend_type, a.state,
       a.wait_event_type, a.wait_event,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
       extract(epoch FROM clock_timestamp() - a.query_start)::float8,
       extract(epoch FROM clock_timestamp() - a.state_change)::float8,
       age(a.backend_xmin)::int8, a.backend_xid IS NOT NULL, a.query
FROM pg_stat_activity a
WHERE a.pid <> pg_backend_pid()
  AND (a.backend_type = 'client backend' OR a.backend_type IS NULL AND a.usesysid IS NOT NULL)
ORDER BY a.pid";

/// Client sessions.
pub(super) async fn sessions(observation: &mut Observation, server: &Server) -> Result<Vec<Session>, Failure> {
    let sessions = observation.read(area::ACTIVITY, SESSIONS, &[], decode).await?;
    let hidden = sessions.iter().filter(|s| s.state.is_none() && s.query.is_none()).count();
    if hidden > 0 {
        let reason = format!("role {} may not see what {hidden} of {} sessions do", server.role, sessions.len());
        observation.gap(area::ACTIVITY, reason, Some(rights::monitor(server)));
    }
    Ok(sessions)
}

fn decode(row: &mut Cells<'_>) -> Result<Session, PgError> {
    let seconds = |s: f64| s.max(0.0);
    let session = Session {
        pid: row.get()?,
        database: row.opt_text()?,
        user: row.opt_text()?,
        application: row.text()?,
        backend_type: row.text()?,
        state: row.opt_text()?,
        wait_event_type: row.opt_text()?,
        wait_event: row.opt_text()?,
        transaction_s: row.get::<Option<f64>>()?.map(seconds),
        query_s: row.get::<Option<f64>>()?.map(seconds),
        state_s: row.get::<Option<f64>>()?.map(seconds),
        xmin_age: row.get()?,
        has_xid: row.get()?,
        query: row
            .opt_text()?
            .filter(|q| q != "<insufficient privilege>")
            .map(|q| normal::scrub(&q, Dialect::Postgres)),
    };
    Ok(session)
}

/// `pg_blocking_pids` stops the lock manager for a moment, so it is asked for at most 200 waiters.
/// `waitstart` is read through JSON because 13 has no such column.
const WAITS: &str = "\
SELECT /* dbwright */ w.pid, pg_blocking_pids(w.pid), w.mode, w.locktype,
       CASE WHEN w.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
            THEN quote_ident(n.nspname) || '.' || quote_ident(c.relname) END,
       extract(epoch FROM clock_timestamp() - (to_jsonb(w) ->> 'waitstart')::timestamptz)::float8
FROM (SELECT DISTINCT ON (l.pid) l.* FROM pg_locks l WHERE NOT l.granted AND l.pid IS NOT NULL ORDER BY l.pid LIMIT 200) w
LEFT JOIN pg_class c ON c.oid = w.relation
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY w.pid";

/// Who waits for whom.
pub(super) async fn waits(observation: &mut Observation) -> Result<Vec<LockWait>, Failure> {
    let decode = |row: &mut Cells<'_>| {
        let mut wait = LockWait {
            pid: row.get()?,
            blocked_by: row.list()?,
            mode: row.opt_text()?,
            lock_type: row.opt_text()?,
            relation: row.opt_text()?,
            wait_s: row.get()?,
        };
        wait.blocked_by.sort_unstable();
        wait.blocked_by.dedup();
        Ok(wait)
    };
    observation.read(area::ACTIVITY, WAITS, &[], decode).await
}

const PREPARED: &str = "\
SELECT /* dbwright */ p.gid, p.database, p.owner, extract(epoch FROM clock_timestamp() - p.prepared)::float8
FROM pg_prepared_xacts p ORDER BY p.prepared";

/// Prepared transactions.
pub(super) async fn prepared(observation: &mut Observation) -> Result<Vec<PreparedTransaction>, Failure> {
    let decode = |row: &mut Cells<'_>| {
        Ok(PreparedTransaction { gid: row.text()?, database: row.text()?, owner: row.text()?, age_s: row.get()? })
    };
    observation.read(area::ACTIVITY, PREPARED, &[], decode).await
}
