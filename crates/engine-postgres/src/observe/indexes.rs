//! Indexes of all tables with their figures.
//!
//! Key columns, operator classes and collations travel as numbers and are named here: naming them in SQL
//! would cost three subqueries for each of perhaps 30,000 indexes.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_sql::model::ObjectId;
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::session::Session;
use crate::body::IndexStats;

/// `%last_scan%` is there from 16 on.
const SQL: &str = "\
SELECT /* dbwright */ i.indexrelid::int8, i.indrelid::int8, c.relname, m.amname,
       i.indisunique, i.indisprimary, i.indisvalid, i.indisready, i.indisreplident, %nulls%,
       i.indkey::int2[], i.indnkeyatts::int4, i.indclass::oid[], i.indcollation::oid[], i.indoption::int2[],
       i.indpred IS NOT NULL,
       (SELECT h.inhparent::int8 FROM pg_inherits h WHERE h.inhrelid = i.indexrelid LIMIT 1),
       ARRAY(SELECT a.attnum::text || ' (' || array_to_string(a.attoptions, ', ') || ')'
             FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attoptions IS NOT NULL),
       CASE WHEN c.reltuples >= 0 THEN c.reltuples::float8 END, c.relpages::int8,
       pg_stat_get_numscans(i.indexrelid), %last_scan%,
       pg_stat_get_tuples_returned(i.indexrelid), pg_stat_get_tuples_fetched(i.indexrelid),
       pg_stat_get_blocks_fetched(i.indexrelid) - pg_stat_get_blocks_hit(i.indexrelid),
       pg_stat_get_blocks_hit(i.indexrelid), c.reloptions
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am m ON m.oid = c.relam
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY i.indrelid, c.relname";

const NAMES: &str = "\
SELECT /* dbwright */ true, o.oid, CASE WHEN n.nspname = 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END
       || quote_ident(o.opcname)
FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace
UNION ALL
SELECT false, l.oid, CASE WHEN n.nspname = 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END
       || quote_ident(l.collname)
FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
WHERE l.oid IN (SELECT a.attcollation FROM pg_attribute a)";

/// An index whose parts are still numbers.
pub(super) struct Raw {
    /// Its oid.
    pub(super) id: ObjectId,
    /// Its table.
    pub(super) table: ObjectId,
    /// Name.
    pub(super) name: String,
    /// Access method.
    pub(super) method: String,
    /// `indisunique`.
    pub(super) unique: bool,
    /// `indisprimary`.
    pub(super) primary: bool,
    /// `indisvalid`.
    pub(super) valid: bool,
    /// `indisready`.
    pub(super) ready: bool,
    /// `indisreplident`.
    pub(super) replica_identity: bool,
    /// `indnullsnotdistinct`.
    pub(super) nulls_not_distinct: bool,
    /// `indkey`; 0 stands for an expression.
    pub(super) columns: Vec<i16>,
    /// How many of them are key parts.
    pub(super) key_parts: usize,
    /// `indclass`.
    pub(super) opclasses: Vec<u32>,
    /// `indcollation`.
    pub(super) collations: Vec<u32>,
    /// `indoption`.
    pub(super) flags: Vec<i16>,
    /// Whether it is partial.
    pub(super) partial: bool,
    /// Index of the parent table.
    pub(super) parent: Option<ObjectId>,
    /// Options of operator classes: `number (option=value)`.
    pub(super) opclass_options: Vec<String>,
    /// Figures.
    pub(super) stats: IndexStats,
}

/// Names of operator classes (`true`) and collations (`false`) by oid, which is unique in each catalog only.
pub(super) type Names = HashMap<(bool, u32), String>;

/// Reads all indexes, and the names that their numbers stand for.
pub(super) async fn read(session: &mut Session, major: i32) -> Result<(Vec<Raw>, Names), Failure> {
    let nulls = if major >= 15 { "i.indnullsnotdistinct" } else { "false" };
    let last_scan = if major >= 16 { "pg_stat_get_lastscan(i.indexrelid)" } else { "NULL::timestamptz" };
    let sql = SQL.replace("%nulls%", nulls).replace("%last_scan%", last_scan);
    let indexes = session.read("catalog", &sql, &[], decode).await?;
    let names = session.read("catalog", NAMES, &[], |row| Ok(((row.get()?, row.get()?), row.text()?))).await?;
    Ok((indexes, names.into_iter().collect()))
}

fn decode(row: &mut Cells<'_>) -> Result<Raw, PgError> {
    Ok(Raw {
        id: row.count()?,
        table: row.count()?,
        name: row.text()?,
        method: row.text()?,
        unique: row.get()?,
        primary: row.get()?,
        valid: row.get()?,
        ready: row.get()?,
        replica_identity: row.get()?,
        nulls_not_distinct: row.get()?,
        columns: row.list()?,
        key_parts: usize::try_from(row.get::<i32>()?).unwrap_or(0),
        opclasses: row.list()?,
        collations: row.list()?,
        flags: row.list()?,
        partial: row.get()?,
        parent: row.opt_count()?,
        opclass_options: row.texts()?,
        stats: figures(row)?,
    })
    .map(|mut raw: Raw| {
        raw.stats.ready = raw.ready;
        raw
    })
}

fn figures(row: &mut Cells<'_>) -> Result<IndexStats, PgError> {
    Ok(IndexStats {
        reltuples: row.get()?,
        relpages: row.get()?,
        idx_scan: row.count()?,
        last_idx_scan: row.time()?,
        idx_tup_read: row.count()?,
        idx_tup_fetch: row.count()?,
        idx_blks_read: row.count()?,
        idx_blks_hit: row.count()?,
        options: row.texts()?,
        ..IndexStats::default()
    })
}
