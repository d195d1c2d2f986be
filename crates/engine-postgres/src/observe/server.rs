//! The server and the session: version, role and its rights, clock, sizes, positions.

use dbwright_core::Failure;

use super::cells::Cells;
use super::session::Session;
use crate::body::Server;

const SQL: &str = "\
SELECT /* dbwright */ current_setting('server_version_num')::int4, current_database()::text, current_user::text,
       (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user),
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
       pg_is_in_recovery(), pg_postmaster_start_time(), clock_timestamp(),
       (SELECT pg_stat_get_db_stat_reset_time(d.oid) FROM pg_database d WHERE d.datname = current_database()),
       CASE WHEN has_database_privilege(current_database(), 'CONNECT')
            THEN pg_database_size(current_database()) END,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::int8 END,
       current_setting('server_version')";

/// A database without a reset of its counters does not tell since when they run. Its `PG_VERSION` is written when it is
/// made and never again.
const CREATED: &str = "\
SELECT /* dbwright */ (pg_stat_file(regexp_replace(pg_relation_filepath('pg_class'), '[^/]*$', 'PG_VERSION'), true)).modification";

/// Reads it. Without it nothing else can be read, so a failure here is one of the whole observation.
pub(super) async fn read(session: &mut Session) -> Result<(Server, String), Failure> {
    let rows = session.attempt(SQL, &[], decode).await?;
    let mut rows = rows.map_err(|error| {
        Failure::unreachable(
            "postgres.not-readable",
            format!("{} does not tell its version: {}", session.name(), crate::error::text(&error)),
        )
        .hint("dbwright reads PostgreSQL 13 to 18; forks and poolers' admin consoles may lack what it asks for")
    })?;
    let (mut server, version) = rows.pop().ok_or_else(|| {
        Failure::unreachable("postgres.not-readable", format!("{} answers without a row", session.name()))
    })?;
    if server.superuser && server.stats_reset.is_none() {
        let rows = session.attempt(CREATED, &[], created).await?;
        server.created_at = rows.ok().and_then(|mut rows| rows.pop()).flatten();
    }
    Ok((server, version))
}

fn created(row: &mut Cells<'_>) -> Result<Option<jiff::Timestamp>, tokio_postgres::Error> {
    row.time()
}

fn decode(row: &mut Cells<'_>) -> Result<(Server, String), tokio_postgres::Error> {
    let server = Server {
        version_num: row.get()?,
        database: row.text()?,
        role: row.text()?,
        superuser: row.get::<Option<bool>>()?.unwrap_or(false),
        monitor: row.get()?,
        in_recovery: row.get()?,
        started_at: row.time()?,
        now: row.time()?.unwrap_or_default(),
        stats_reset: row.time()?,
        created_at: None,
        database_bytes: row.opt_count()?,
        wal_position: row.opt_count()?,
    };
    let version = row.text()?;
    let number = version.split_whitespace().next().unwrap_or(&version).to_owned();
    Ok((server, number))
}
