//! The journal of migrations, and what changes have left in the database.

use dbwright_core::Failure;
use dbwright_migrate::observed::{Helper, Observed, Seen};
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::session::Session;
use crate::body::area;
use crate::migrate::HELPERS;

/// Whether there is a journal, and whether this role may read it.
const JOURNAL: &str = "\
SELECT /* dbwright */ count(*)::int8, count(*) FILTER (WHERE has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'dbwright' AND c.relname IN ('migrations', 'steps') AND c.relkind = 'r'";

const MIGRATIONS: &str = "\
SELECT /* dbwright */ m.version, m.name, m.state, m.checksum, s.done, s.known, s.error
FROM dbwright.migrations m LEFT JOIN LATERAL (
  SELECT count(*) FILTER (WHERE s.state = 'done')::int8 AS done, count(*)::int8 AS known,
         (array_agg(s.error ORDER BY s.part, s.statement DESC, s.step DESC) FILTER (WHERE s.error IS NOT NULL))[1] AS error
  FROM dbwright.steps s WHERE s.version = m.version) s ON true
ORDER BY m.ordinal";

/// Reads the journal where there is one. The number of queries does not depend on how many migrations it has.
pub(super) async fn read(session: &mut Session) -> Result<Observed, Failure> {
    let helpers = session.read(area::MIGRATIONS, HELPERS, &[], helper).await?;
    let tables = session.read(area::MIGRATIONS, JOURNAL, &[], |row| Ok((row.count()?, row.count()?))).await?;
    let migrations = match tables.first() {
        Some((2, 2)) => session.read(area::MIGRATIONS, MIGRATIONS, &[], seen).await?,
        Some((2, _)) => {
            let remedy = "GRANT USAGE ON SCHEMA dbwright TO CURRENT_USER; GRANT SELECT ON ALL TABLES IN SCHEMA dbwright TO CURRENT_USER";
            let reason = "the journal of migrations in the schema dbwright may not be read by this role".to_owned();
            session.gap(area::MIGRATIONS, reason, Some(remedy.replace("CURRENT_USER", "the role that checks")));
            Vec::new()
        }
        _ => Vec::new(),
    };
    Ok(Observed { migrations, helpers })
}

fn helper(row: &mut Cells<'_>) -> Result<Helper, PgError> {
    Ok(Helper { kind: row.text()?, subject: row.text()?, drop: row.text()? })
}

fn seen(row: &mut Cells<'_>) -> Result<Seen, PgError> {
    Ok(Seen {
        version: row.text()?,
        name: row.text()?,
        state: row.text()?,
        checksum: row.text()?,
        done: row.count()?,
        known: row.count()?,
        error: row.opt_text()?,
    })
}
