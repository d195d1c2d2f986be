//! What should not stay in the target: helpers of a change, invalid indexes, constraints that nobody validated.

use dbwright_core::Failure;
use dbwright_migrate::port::Remark;

use super::super::HELPERS;
use super::PgSession;
use super::trouble::failure;

/// What is not dbwright's, and was left half done: object, what is the matter.
const INVALID: &str = r"
WITH own(nsp) AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema')
SELECT /* dbwright */ i.indexrelid::regclass::text, 'is an invalid index'
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN own ON nsp = c.relnamespace
WHERE NOT i.indisvalid AND c.relname NOT LIKE 'dbwright\_%'
UNION ALL
SELECT quote_ident(k.conname) || ' on ' || k.conrelid::regclass, 'was never validated'
FROM pg_catalog.pg_constraint k JOIN own ON nsp = k.connamespace
WHERE NOT k.convalidated AND k.conrelid <> 0 AND k.conname NOT LIKE 'dbwright\_%'
ORDER BY 1, 2";

impl PgSession {
    pub(super) async fn remarks(&mut self) -> Result<Vec<Remark>, Failure> {
        let failed = |e: tokio_postgres::Error| failure(&e, "the catalog can't be read");
        let client = self.main.client();
        let mut remarks = Vec::new();
        for row in client.query_typed(HELPERS, &[]).await.map_err(failed)? {
            let (kind, object): (String, String) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
            let article = if kind.starts_with(['i']) { "an" } else { "a" };
            remarks.push(Remark { object, what: format!("is {article} {kind} of an online change"), helper: true });
        }
        for row in client.query_typed(INVALID, &[]).await.map_err(failed)? {
            let (object, what) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
            remarks.push(Remark { object, what, helper: false });
        }
        Ok(remarks)
    }
}
