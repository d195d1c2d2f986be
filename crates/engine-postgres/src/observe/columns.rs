//! Columns of all tables.
//!
//! `pg_get_expr(…, 0)` prints a default without opening the table; a generated column's expression names
//! columns, so it can't be had that way and comes with the other definitions.

use dbwright_core::Failure;
use dbwright_sql::model::{Column, Generated, ObjectId};
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::session::Session;

const SQL: &str = "\
WITH RECURSIVE base(domain, oid) AS (
  SELECT t.oid, t.typbasetype FROM pg_type t WHERE t.typtype = 'd'
  UNION ALL
  SELECT b.domain, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype = 'd')
SELECT /* dbwright */ a.attrelid::int8, a.attname, a.attnum::int4, format_type(a.atttypid, a.atttypmod), bt.typname,
       a.attnotnull OR t.typnotnull,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, 0) END,
       a.attidentity::text || a.attgenerated::text,
       CASE WHEN a.attcollation <> t.typcollation THEN l.collname END
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN (SELECT b.domain, b.oid FROM base b JOIN pg_type u ON u.oid = b.oid WHERE u.typtype <> 'd') r ON r.domain = t.oid
JOIN pg_type bt ON bt.oid = coalesce(r.oid, t.oid)
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum";

/// Reads all columns, each with its table's id, by table and number.
pub(super) async fn read(session: &mut Session) -> Result<Vec<(ObjectId, Column)>, Failure> {
    session.read("catalog", SQL, &[], decode).await
}

fn decode(row: &mut Cells<'_>) -> Result<(ObjectId, Column), PgError> {
    let table = row.count()?;
    let column = Column {
        name: row.text()?,
        number: row.get()?,
        data_type: row.text()?,
        base_type: row.text()?,
        not_null: row.get()?,
        default: row.opt_text()?,
        generated: generated(&row.text()?),
        collation: row.opt_text()?,
        highest: None,
        definition: None,
    };
    Ok((table, column))
}

/// From `attidentity` and `attgenerated`, of which at most one is set.
fn generated(letter: &str) -> Option<Generated> {
    match letter {
        "a" => Some(Generated::IdentityAlways),
        "d" => Some(Generated::IdentityByDefault),
        "s" => Some(Generated::Stored),
        "v" => Some(Generated::Virtual),
        _ => None,
    }
}
