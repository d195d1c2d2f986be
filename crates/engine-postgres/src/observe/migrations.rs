//! The journal of migrations, and what changes have left in the database.

use dbwright_core::Failure;
use dbwright_migrate::observed::{Helper, Observed, Seen};
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::session::Session;
use crate::body::area;

/// Kind, path and the statement that removes it, for everything that dbwright names; a whole helper schema counts once.
const HELPERS: &str = r"
WITH helper(oid) AS (SELECT oid FROM pg_namespace WHERE nspname ~ '^dbwright_[0-9a-f]+_(new|old)$'),
own(oid, schema) AS (SELECT oid, nspname FROM pg_namespace
  WHERE nspname !~ '^(pg_|dbwright$)' AND nspname <> 'information_schema' AND oid NOT IN (SELECT oid FROM helper))
SELECT /* dbwright */ 'schema', quote_ident(n.nspname), format('DROP SCHEMA IF EXISTS %I CASCADE', n.nspname)
FROM pg_namespace n JOIN helper USING (oid)
UNION ALL
SELECT CASE c.relkind WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END,
       format('%I.%I', o.schema, c.relname),
       format('DROP %s IF EXISTS %I.%I', CASE c.relkind WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' WHEN 'v' THEN 'VIEW'
              WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, o.schema, c.relname)
FROM pg_class c JOIN own o ON o.oid = c.relnamespace
WHERE c.relname ~ '^dbwright_[0-9a-f]{10}' AND c.relkind IN ('r', 'p', 'v', 'S', 'i', 'I')
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.conname = c.relname)
UNION ALL
SELECT 'column', format('%I.%I.%I', o.schema, c.relname, a.attname),
       format('ALTER TABLE %I.%I DROP COLUMN IF EXISTS %I', o.schema, c.relname, a.attname)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN own o ON o.oid = c.relnamespace
WHERE a.attname ~ '^dbwright_[0-9a-f]{10}' AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0 AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'trigger', format('%I.%I.%I', o.schema, c.relname, t.tgname),
       format('DROP TRIGGER IF EXISTS %I ON %I.%I', t.tgname, o.schema, c.relname)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN own o ON o.oid = c.relnamespace
WHERE t.tgname ~ '^(zzz_)?dbwright_[0-9a-f]{10}' AND NOT t.tgisinternal
UNION ALL
SELECT 'constraint', format('%I.%I.%I', o.schema, c.relname, k.conname),
       format('ALTER TABLE %I.%I DROP CONSTRAINT IF EXISTS %I', o.schema, c.relname, k.conname)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN own o ON o.oid = c.relnamespace
WHERE k.conname ~ '^dbwright_[0-9a-f]{10}' AND k.coninhcount = 0
ORDER BY 1 DESC, 2";

/// Whether there is a journal, and whether this role may read it.
const JOURNAL: &str = "\
SELECT /* dbwright */ count(*)::int8, count(*) FILTER (WHERE has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'dbwright' AND c.relname IN ('migrations', 'steps') AND c.relkind = 'r'";

const MIGRATIONS: &str = "\
SELECT /* dbwright */ m.version, m.name, m.state, s.done, s.known, s.error
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
        done: row.count()?,
        known: row.count()?,
        error: row.opt_text()?,
    })
}
