//! What should not stay in the target: helpers of a change, invalid indexes, constraints that nobody validated.

use dbwright_core::Failure;
use dbwright_migrate::port::Remark;

use super::PgSession;
use super::trouble::failure;

/// Object, what is the matter, whether dbwright made it.
const REMARKS: &str = r"
WITH own(nsp) AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema')
SELECT c.oid::regclass::text, CASE c.relkind WHEN 'i' THEN 'is an index' WHEN 'I' THEN 'is an index' WHEN 'S' THEN 'is a sequence'
       WHEN 'v' THEN 'is a view' ELSE 'is a table' END || ' of an online change', true
FROM pg_catalog.pg_class c JOIN own ON nsp = c.relnamespace WHERE c.relname LIKE 'dbwright\_%' AND c.relkind <> 't'
UNION ALL
SELECT c.oid::regclass || '.' || quote_ident(a.attname), 'is a column of an online change', true
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN own ON nsp = c.relnamespace
WHERE a.attname LIKE 'dbwright\_%' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
UNION ALL
SELECT quote_ident(t.tgname) || ' on ' || t.tgrelid::regclass, 'is a trigger of an online change', true
FROM pg_catalog.pg_trigger t WHERE t.tgname LIKE 'dbwright\_%' AND NOT t.tgisinternal
UNION ALL
SELECT quote_ident(k.conname) || ' on ' || k.conrelid::regclass, 'is a constraint of an online change', true
FROM pg_catalog.pg_constraint k WHERE k.conname LIKE 'dbwright\_%' AND k.conrelid <> 0
UNION ALL
SELECT p.oid::regprocedure::text, 'is a function of an online change', true
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'dbwright'
UNION ALL
SELECT c.oid::regclass::text, 'is a table of an online change', true
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'dbwright' AND c.relkind IN ('r', 'p', 'v') AND c.relname NOT IN ('migrations', 'steps')
  AND c.relname NOT LIKE 'dbwright\_%'
UNION ALL
SELECT i.indexrelid::regclass::text, 'is an invalid index', false
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN own ON nsp = c.relnamespace
WHERE NOT i.indisvalid AND c.relname NOT LIKE 'dbwright\_%'
UNION ALL
SELECT quote_ident(k.conname) || ' on ' || k.conrelid::regclass, 'was never validated', false
FROM pg_catalog.pg_constraint k JOIN own ON nsp = k.connamespace
WHERE NOT k.convalidated AND k.conrelid <> 0 AND k.conname NOT LIKE 'dbwright\_%'
ORDER BY 1, 2";

impl PgSession {
    pub(super) async fn remarks(&mut self) -> Result<Vec<Remark>, Failure> {
        let failed = |e: tokio_postgres::Error| failure(&e, "the catalog can't be read");
        let rows = self.main.client().query_typed(&format!("/* dbwright */ {REMARKS}"), &[]).await.map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(Remark {
                    object: row.try_get(0).map_err(failed)?,
                    what: row.try_get(1).map_err(failed)?,
                    helper: row.try_get(2).map_err(failed)?,
                })
            })
            .collect()
    }
}
