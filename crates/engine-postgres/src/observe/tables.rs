//! Tables with their own figures: one row of `pg_class` each, counters by function, sizes apart.
//!
//! Counters come from `pg_stat_get_*` on the same row, not from the `pg_stat_*` views: those join and
//! group, which costs ten times as much with many tables. None of these functions opens the relation.

use std::collections::BTreeMap;

use dbwright_core::Failure;
use dbwright_sql::model::{ObjectId, Table, TableKind, Writes};
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::session::Session;
use crate::body::{Server, TableStats};

const SQL: &str = "\
SELECT /* dbwright */ c.oid::int8, n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner)::text,
       ARRAY(SELECT i.inhparent::int8 FROM pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno),
       c.relispartition, CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, 0) END,
       c.oid IN (SELECT d.objid FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e'),
       x.description,
       CASE WHEN c.reltuples < 0 OR (c.reltuples = 0 AND c.relpages = 0 AND pg_stat_get_last_analyze_time(c.oid) IS NULL
                 AND pg_stat_get_last_autoanalyze_time(c.oid) IS NULL AND pg_stat_get_last_vacuum_time(c.oid) IS NULL
                 AND pg_stat_get_last_autovacuum_time(c.oid) IS NULL)
            THEN NULL ELSE c.reltuples::float8 END,
       c.relpages::int8, c.relallvisible::int8,
       c.reloptions, ARRAY(SELECT 'toast.' || o FROM unnest(t.reloptions) o),
       c.relpersistence::text, c.relreplident::text,
       CASE WHEN c.relfrozenxid <> '0' THEN greatest(age(c.relfrozenxid), age(t.relfrozenxid))::int8 END,
       CASE WHEN c.relminmxid <> '0' THEN greatest(mxid_age(c.relminmxid), mxid_age(t.relminmxid))::int8 END,
       pg_stat_get_numscans(c.oid), pg_stat_get_tuples_returned(c.oid),
       pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_deleted(c.oid),
       pg_stat_get_tuples_hot_updated(c.oid), pg_stat_get_live_tuples(c.oid), pg_stat_get_dead_tuples(c.oid),
       pg_stat_get_mod_since_analyze(c.oid),
       pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid),
       pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid),
       pg_stat_get_blocks_fetched(c.oid) - pg_stat_get_blocks_hit(c.oid), pg_stat_get_blocks_hit(c.oid)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_description x ON x.objoid = c.oid AND x.classoid = 'pg_class'::regclass AND x.objsubid = 0
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY n.nspname, c.relname";

/// Reads all tables, still without columns, constraints, indexes and triggers.
pub(super) async fn read(
    session: &mut Session,
    server: &Server,
) -> Result<(Vec<Table>, BTreeMap<ObjectId, TableStats>), Failure> {
    let window_s = server.window_s();
    let rows = session.read("catalog", SQL, &[], |row| decode(row, window_s)).await?;
    let mut stats = BTreeMap::new();
    let tables = rows.into_iter().map(|(table, figures)| {
        if matches!(table.kind, TableKind::Table | TableKind::Partitioned | TableKind::MaterializedView) {
            stats.insert(table.id, figures);
        }
        table
    });
    Ok((tables.collect(), stats))
}

fn decode(row: &mut Cells<'_>, window_s: Option<f64>) -> Result<(Table, TableStats), PgError> {
    let mut table = Table {
        id: row.count()?,
        schema: row.text()?,
        name: row.text()?,
        kind: kind(&row.text()?),
        owner: row.opt_text()?,
        parents: row.list::<i64>()?.into_iter().filter_map(|oid| u64::try_from(oid).ok()).collect(),
        is_partition: row.get()?,
        partitioning: row.opt_text()?,
        internal: row.get()?,
        comment: row.opt_text()?,
        storage: None,
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        rows: None,
        bytes: None,
        writes: None,
        definition: None,
    };
    let figures = figures(row)?;
    if table.kind == TableKind::Table {
        table.writes = Some(Writes {
            inserts: figures.n_tup_ins,
            updates: figures.n_tup_upd,
            deletes: figures.n_tup_del,
            window_s,
        });
    }
    Ok((table, figures))
}

fn kind(relkind: &str) -> TableKind {
    match relkind {
        "p" => TableKind::Partitioned,
        "v" => TableKind::View,
        "m" => TableKind::MaterializedView,
        "f" => TableKind::Foreign,
        _ => TableKind::Table,
    }
}

fn figures(row: &mut Cells<'_>) -> Result<TableStats, PgError> {
    Ok(TableStats {
        reltuples: row.get()?,
        relpages: row.get()?,
        relallvisible: row.get()?,
        options: {
            let mut options = row.texts()?;
            options.extend(row.texts()?);
            options
        },
        persistence: row.text()?,
        replica_identity: row.text()?,
        xid_age: row.get()?,
        mxid_age: row.get()?,
        seq_scan: row.count()?,
        seq_tup_read: row.count()?,
        n_tup_ins: row.count()?,
        n_tup_upd: row.count()?,
        n_tup_del: row.count()?,
        n_tup_hot_upd: row.count()?,
        n_live_tup: row.count()?,
        n_dead_tup: row.count()?,
        n_mod_since_analyze: row.count()?,
        last_vacuum: row.time()?,
        last_autovacuum: row.time()?,
        last_analyze: row.time()?,
        last_autoanalyze: row.time()?,
        heap_blks_read: row.count()?,
        heap_blks_hit: row.count()?,
        ..TableStats::default()
    })
}
