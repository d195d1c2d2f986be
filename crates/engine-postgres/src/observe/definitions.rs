//! Definitions that make the server open a relation, and sizes, which do the same.
//!
//! Such functions wait behind a queued ACCESS EXCLUSIVE lock like any reader, and observing must work in
//! just that incident. So relations with such a lock, held or awaited, are left out by name; when a lock
//! comes in between, the query fails after `lock_timeout`, the list is read anew and it is tried again.
//!
//! The transaction still sees tables that were dropped since it began, but these functions look at the
//! catalog as it is now, and fail. `pg_table_is_visible` looks there as well, and gives null instead.

use std::collections::HashMap;

use dbwright_core::Failure;
use tokio_postgres::Error as PgError;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::cells::Cells;
use super::session::Session;

/// How often a query that met a lock is tried, the first time included.
const TRIES: usize = 3;

/// On a partitioned or inherited table the lock of the parent does not hinder reading the child.
const LOCKED: &str = "\
SELECT /* dbwright */ DISTINCT l.relation::int8, coalesce(n.nspname || '.' || c.relname, l.relation::text)
FROM pg_locks l
LEFT JOIN pg_class c ON c.oid = l.relation
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())";

const DEFINITIONS: &str = "\
WITH open AS NOT MATERIALIZED (
  SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' AND c.oid::int8 <> ALL ($1)
    AND pg_table_is_visible(c.oid) IS NOT NULL)
SELECT /* dbwright */ 'index', i.indexrelid::int8, 0, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN open ON open.oid = i.indrelid WHERE i.indexrelid::int8 <> ALL ($1) AND pg_table_is_visible(i.indexrelid) IS NOT NULL
UNION ALL
SELECT 'predicate', i.indexrelid::int8, 0, pg_get_expr(i.indpred, i.indrelid)
FROM pg_index i JOIN open ON open.oid = i.indrelid WHERE i.indpred IS NOT NULL
UNION ALL
SELECT 'key', i.indexrelid::int8, k::int4, pg_get_indexdef(i.indexrelid, k::int4, false)
FROM pg_index i JOIN open ON open.oid = i.indrelid, generate_series(1, i.indnkeyatts) k
WHERE i.indexprs IS NOT NULL AND i.indkey[k - 1] = 0 AND i.indexrelid::int8 <> ALL ($1)
UNION ALL
SELECT 'constraint', o.oid::int8, 0, pg_get_constraintdef(o.oid)
FROM pg_constraint o JOIN open ON open.oid = o.conrelid
WHERE o.contype IN ('c', 'x') AND o.conindid::int8 <> ALL ($1)
UNION ALL
SELECT 'generated', a.attrelid::int8, a.attnum::int4, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a JOIN open ON open.oid = a.attrelid
JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attgenerated <> ''
UNION ALL
SELECT 'partition key', p.partrelid::int8, 0, 'PARTITION BY ' || pg_get_partkeydef(p.partrelid)
FROM pg_partitioned_table p JOIN open ON open.oid = p.partrelid
UNION ALL
SELECT 'trigger', t.oid::int8, 0, pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN open ON open.oid = t.tgrelid WHERE NOT t.tgisinternal OR t.tgparentid <> 0
UNION ALL
SELECT 'statistics', s.oid::int8, 0, pg_get_statisticsobjdef(s.oid)
FROM pg_statistic_ext s JOIN open ON open.oid = s.stxrelid
UNION ALL
SELECT 'view', open.oid::int8, 0, pg_get_viewdef(open.oid)
FROM open WHERE open.relkind IN ('v', 'm') AND NOT EXISTS (
  SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
  WHERE r.ev_class = open.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid::int8 = ANY ($1))";

/// Each size is a look at a file, so an index costs one, and an empty TOAST table (whose index has one page) one.
const SIZES: &str = "\
SELECT /* dbwright */ c.oid::int8, pg_relation_size(c.oid),
       CASE WHEN c.relkind = 'i' THEN 0 ELSE pg_relation_size(c.oid, 'fsm') + pg_relation_size(c.oid, 'vm') END,
       CASE WHEN c.reltoastrelid = 0 THEN 0 WHEN pg_relation_size(c.reltoastrelid) = 0 THEN 8192
            ELSE pg_total_relation_size(c.reltoastrelid) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'i') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND c.oid::int8 <> ALL ($1) AND c.reltoastrelid::int8 <> ALL ($1)";

/// Relations that nobody can read at the moment, with their names.
#[derive(Default)]
pub(super) struct Locked {
    oids: Vec<i64>,
    names: Vec<String>,
}

/// Texts of definitions.
#[derive(Default)]
pub(super) struct Definitions(HashMap<(&'static str, u64, i32), String>);

impl Definitions {
    /// Takes one out: `kind` as in the query, the object's oid, and the part's number or 0.
    pub(super) fn take(&mut self, kind: &'static str, id: u64, part: i32) -> Option<String> {
        self.0.remove(&(kind, id, part))
    }
}

/// Bytes of a relation.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// The main fork.
    pub(super) main: u64,
    /// Free space and visibility maps.
    pub(super) maps: u64,
    /// TOAST with its index.
    pub(super) toast: u64,
}

/// Reads the definitions that could be read. Those of locked relations are missing, with a gap.
pub(super) async fn read(session: &mut Session) -> Result<Definitions, Failure> {
    let rows = patiently(session, "definitions", DEFINITIONS, |row| {
        let kind = row.text()?;
        let kind = KINDS.iter().find(|known| **known == kind).copied().unwrap_or_default();
        Ok(((kind, row.count()?, row.get()?), row.opt_text()?))
    });
    let rows = rows.await?;
    Ok(Definitions(rows.into_iter().filter_map(|(key, text)| Some((key, text?))).collect()))
}

/// Kinds of definitions, as the query names them.
const KINDS: [&str; 9] =
    ["index", "predicate", "key", "constraint", "generated", "partition key", "trigger", "statistics", "view"];

/// Reads the sizes of tables and indexes. Those of locked relations are missing, with a gap.
pub(super) async fn sizes(session: &mut Session) -> Result<HashMap<u64, Size>, Failure> {
    let rows = patiently(session, "sizes", SIZES, |row| {
        Ok((row.count()?, Size { main: row.count()?, maps: row.count()?, toast: row.count()? }))
    });
    Ok(rows.await?.into_iter().collect())
}

async fn patiently<T>(
    session: &mut Session,
    area: &str,
    sql: &str,
    mut decode: impl FnMut(&mut Cells<'_>) -> Result<T, PgError>,
) -> Result<Vec<T>, Failure> {
    let mut last = None;
    for _ in 0..TRIES {
        let locked = locked(session).await?;
        match session.attempt(sql, &[(&locked.oids, Type::INT8_ARRAY)], &mut decode).await? {
            Ok(rows) => {
                locked.note(session, area);
                return Ok(rows);
            }
            Err(error) => {
                let locked = error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
                let again = locked || super::session::vanished(&error);
                last = Some(error);
                if !again {
                    break;
                }
            }
        }
    }
    if let Some(error) = last {
        session.gap(area, crate::error::text(&error), super::session::remedy(&error));
    }
    Ok(Vec::new())
}

async fn locked(session: &mut Session) -> Result<Locked, Failure> {
    let rows = session.read("locks", LOCKED, &[], |row| Ok((row.get::<i64>()?, row.text()?))).await?;
    let (oids, names) = rows.into_iter().unzip();
    Ok(Locked { oids, names })
}

impl Locked {
    fn note(&self, session: &mut Session, area: &str) {
        let Some(first) = self.names.first() else { return };
        let others = match self.names.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        session.gap(
            area,
            format!("{first}{others} can't be read: an ACCESS EXCLUSIVE lock is held or awaited"),
            Some("run it again when the lock is gone; `SELECT * FROM pg_locks` tells who holds it".to_owned()),
        );
    }
}
