//! What uses a column so that the server refuses to change its type.

use std::collections::BTreeMap;

use dbwright_core::Failure;
use dbwright_sql::model::ObjectId;
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::session::Session;
use crate::body::ColumnUse;

/// Names are read from tables of the catalog alone: functions that print definitions wait behind locks. Versions differ in
/// what they note as computed from a column: its default, or the column.
const SQL: &str = "\
WITH d AS (SELECT d.refobjid, a.attname, a.attnum, d.classid, d.objid, d.objsubid FROM pg_depend d
  JOIN pg_class t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p') JOIN pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
    AND d.classid IN ('pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_attrdef'::regclass,
                      'pg_class'::regclass, 'pg_proc'::regclass)
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%')
SELECT DISTINCT /* dbwright */ d.refobjid::int8, d.attname,
       CASE WHEN c.relkind = 'v' AND r.rulename = '_RETURN' THEN 'view' WHEN c.relkind = 'm' THEN 'materialized view' ELSE 'rule' END,
       n.nspname, CASE WHEN c.relkind IN ('v', 'm') THEN c.relname ELSE r.rulename END
FROM d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
UNION
SELECT d.refobjid::int8, d.attname, 'trigger', '', g.tgname
FROM d JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid AND NOT g.tgisinternal
UNION
SELECT d.refobjid::int8, d.attname, 'policy', '', p.polname
FROM d JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
UNION
SELECT d.refobjid::int8, d.attname, 'function', n.nspname, p.proname
FROM d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid JOIN pg_namespace n ON n.oid = p.pronamespace
UNION
SELECT d.refobjid::int8, d.attname, 'generated column', '', g.attname
FROM d LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
JOIN pg_attribute g ON g.attrelid = d.refobjid AND g.attgenerated <> '' AND g.attnum <> d.attnum
  AND (g.attrelid = f.adrelid AND g.attnum = f.adnum
       OR d.classid = 'pg_class'::regclass AND d.objid = g.attrelid AND d.objsubid = g.attnum)
ORDER BY 1, 2, 3, 4, 5";

/// Reads it, by table.
pub(super) async fn read(session: &mut Session) -> Result<BTreeMap<ObjectId, Vec<ColumnUse>>, Failure> {
    let mut uses: BTreeMap<ObjectId, Vec<ColumnUse>> = BTreeMap::new();
    for (table, one) in session.read("column-uses", SQL, &[], decode).await? {
        uses.entry(table).or_default().push(one);
    }
    Ok(uses)
}

fn decode(row: &mut Cells<'_>) -> Result<(ObjectId, ColumnUse), PgError> {
    Ok((row.count()?, ColumnUse { column: row.text()?, kind: row.text()?, schema: row.text()?, name: row.text()? }))
}
