//! The workload: what `pg_stat_statements` counted in this database.
//!
//! dbwright's own statements are left out: they carry a comment.

use dbwright_core::Failure;
use dbwright_core::engine::Values;
use dbwright_core::workload::{Statement, Workload};
use dbwright_sql::{Dialect, normal};
use tokio_postgres::Error as PgError;
use tokio_postgres::error::SqlState;

use super::cells::Cells;
use super::rights;
use super::session::Session;
use crate::body::{Server, StatementTotals, area};

/// Where the extension is, if anywhere, and which of its columns there are.
const FIND: &str = "\
SELECT /* dbwright */ n.nspname, e.extversion,
       EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
               WHERE c.relname = 'pg_stat_statements' AND c.relnamespace = n.oid AND a.attname = 'total_exec_time'),
       EXISTS (SELECT FROM pg_class c WHERE c.relname = 'pg_stat_statements_info' AND c.relnamespace = n.oid),
       EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
               WHERE c.relname = 'pg_stat_statements' AND c.relnamespace = n.oid AND a.attname = 'toplevel')
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'";

/// The totals cover every statement, the rows only those with the most total time.
const STATEMENTS: &str = "\
SELECT /* dbwright */ s.queryid, s.query, s.calls, s.total_exec_time, s.mean_exec_time, s.max_exec_time,
       s.stddev_exec_time, s.rows, pg_get_userbyid(s.userid)::text, %nested%,
       s.shared_blks_hit::float8, s.shared_blks_read::float8,
       count(*) OVER (), (sum(s.calls) OVER ())::int8, (sum(s.calls) FILTER (WHERE s.mean_exec_time < 100) OVER ())::int8,
       count(*) FILTER (WHERE s.queryid IS NULL) OVER ()
FROM %schema%.pg_stat_statements s
WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
  AND s.query NOT LIKE '%/* dbwright */%'
ORDER BY s.queryid IS NULL, s.total_exec_time DESC
LIMIT %most%";

/// Statements that rules look at.
const MOST: &str = "1000";
/// Statements that a snapshot keeps for the advisor: as many as a server that was told to keep many has.
const MOST_TO_KEEP: &str = "10000";

const INFO: &str = "SELECT /* dbwright */ i.dealloc, extract(epoch FROM clock_timestamp() - i.stats_reset)::float8 \
                    FROM %schema%.pg_stat_statements_info i";

const SETUP: &str = "add pg_stat_statements to shared_preload_libraries, restart the server, \
                     then run CREATE EXTENSION pg_stat_statements";

/// Reads the statements with their totals, or notes why there are none.
pub(super) async fn read(
    session: &mut Session,
    server: &Server,
    values: Values,
) -> Result<Option<(Workload, StatementTotals)>, Failure> {
    let find = |row: &mut Cells<'_>| {
        Ok((row.text()?, row.text()?, row.get::<bool>()?, row.get::<bool>()?, row.get::<bool>()?))
    };
    let found = session.read(area::STATEMENTS, FIND, &[], find).await?;
    let Some((schema, version, columns, has_info, has_level)) = found.into_iter().next() else {
        let reason = "the extension pg_stat_statements is not installed in this database";
        session.gap(area::STATEMENTS, reason, Some(SETUP.to_owned()));
        return Ok(None);
    };
    if !columns {
        let reason = format!("the extension pg_stat_statements is still version {version}");
        session.gap(area::STATEMENTS, reason, Some("ALTER EXTENSION pg_stat_statements UPDATE".to_owned()));
        return Ok(None);
    }
    let schema = Dialect::Postgres.ident(&schema);
    let most = if values == Values::Greatest { MOST } else { MOST_TO_KEEP };
    let nested = if has_level { "NOT s.toplevel" } else { "false" };
    let sql = STATEMENTS.replace("%schema%", &schema).replace("%nested%", nested).replace("%most%", most);
    let rows = match session.attempt(&sql, &[], decode).await? {
        Ok(rows) => rows,
        Err(error) => {
            let remedy = refused(&error, &schema, server);
            session.gap(area::STATEMENTS, crate::error::text(&error), remedy);
            return Ok(None);
        }
    };
    let info = if has_info { info(session, &schema).await? } else { (None, server.window_s()) };
    Ok(Some(workload(session, server, rows, info)))
}

/// What would let the query through.
fn refused(error: &PgError, schema: &str, server: &Server) -> Option<String> {
    match error.code() {
        Some(code) if *code == SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE => Some(SETUP.to_owned()),
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            let role = Dialect::Postgres.ident(&server.role);
            Some(format!(
                "GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {schema}.pg_stat_statements TO {role}"
            ))
        }
        _ => super::session::remedy(error),
    }
}

async fn info(session: &mut Session, schema: &str) -> Result<(Option<u64>, Option<f64>), Failure> {
    let sql = INFO.replace("%schema%", schema);
    let rows = session.read("statements-info", &sql, &[], |row| Ok((row.opt_count()?, row.get()?))).await?;
    Ok(rows.into_iter().next().unwrap_or((None, None)))
}

/// The server replaces literals by parameters, but not in all utility statements: `CREATE ROLE … PASSWORD 'x'`.
fn scrubbed(text: String) -> String {
    if text.contains('\'') || text.contains("$$") { normal::scrub(&text, Dialect::Postgres) } else { text }
}

/// A statement with the totals that every row repeats.
type Row = (Statement, StatementTotals, u64);

fn decode(row: &mut Cells<'_>) -> Result<Row, PgError> {
    let id: Option<i64> = row.get()?;
    let statement = Statement {
        fingerprint: id.map_or_else(String::new, |id| id.to_string()),
        text: scrubbed(row.text()?),
        calls: row.get::<i64>()? as f64,
        total_ms: row.get()?,
        mean_ms: row.get()?,
        max_ms: row.get()?,
        stddev_ms: row.get()?,
        rows: row.get::<Option<i64>>()?.map(|rows| rows as f64),
        user: row.opt_text()?,
        nested: row.get()?,
        shared_blks_hit: row.get()?,
        shared_blks_read: row.get()?,
        ..Statement::default()
    };
    let totals = StatementTotals { statements: row.count()?, calls: row.count()?, calls_under_100ms: row.count()? };
    Ok((statement, totals, row.count()?))
}

fn workload(
    session: &mut Session,
    server: &Server,
    rows: Vec<Row>,
    (dropped, window_s): (Option<u64>, Option<f64>),
) -> (Workload, StatementTotals) {
    let totals = rows.first().map(|(_, totals, _)| *totals).unwrap_or_default();
    let hidden = rows.first().map_or(0, |(_, _, hidden)| *hidden);
    if hidden > 0 {
        let area = if hidden == totals.statements { area::STATEMENTS } else { area::STATEMENTS_PARTIAL };
        let reason = format!(
            "role {} may not see the text of {hidden} of {} statements: other roles ran them",
            server.role, totals.statements
        );
        session.gap(area, reason, Some(rights::monitor(server)));
    }
    let statements = rows.into_iter().map(|(statement, ..)| statement).filter(|s| !s.fingerprint.is_empty()).collect();
    let source = "pg_stat_statements".to_owned();
    (Workload { source, window_s, dropped, statements, notes: Vec::new() }, totals)
}
