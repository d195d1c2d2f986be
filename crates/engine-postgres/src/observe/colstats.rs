//! Column statistics and extended statistics.
//!
//! `pg_stats` is read, not `pg_statistic`: it is what a role without superuser rights may see, and it
//! leaves out the tables that the role can't read. Those are counted, so that their silence is no verdict.

use std::collections::BTreeMap;

use dbwright_core::Failure;
use dbwright_core::engine::Values;
use dbwright_sql::model::ObjectId;
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::definitions::Definitions;
use super::session::Session;
use crate::body::{ColumnStats, ExtendedStats, Server, area};

/// The plain comparisons with `s.schemaname` reach into the view, which is a security barrier, and keep the
/// catalogs' own statistics from being unpacked. `%values%` stands for the three lists of values, for what is left of them, or for nulls.
const SQL: &str = "\
SELECT /* dbwright */ c.oid::int8, s.attname, s.inherited, s.null_frac::float8, s.avg_width::int4, s.n_distinct::float8,
       s.correlation::float8, %lists%
FROM pg_stats s
JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relname = s.tablename AND c.relnamespace = n.oid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
LEFT JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type b ON b.oid = t.typbasetype
WHERE c.relpersistence <> 't' AND s.schemaname <> 'pg_catalog' AND s.schemaname <> 'information_schema'
  AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY c.oid, a.attnum, s.inherited";

const VALUES: &str = "s.most_common_vals::text, s.histogram_bounds::text, s.most_common_elems::text";
/// Lists of one, for columns of whole numbers or of domains over them: the greatest common value and the last bound of whole-number columns. The server cuts the lists, so
/// that they don't travel.
const GREATEST: &str = "\
CASE WHEN coalesce(nullif(b.typbasetype, 0), nullif(t.typbasetype, 0), t.oid) IN (20, 21, 23) THEN (SELECT '{' || max(v) || '}' FROM unnest(s.most_common_vals::text::int8[]) v) END,
       CASE WHEN coalesce(nullif(b.typbasetype, 0), nullif(t.typbasetype, 0), t.oid) IN (20, 21, 23) THEN (SELECT '{' || max(v) || '}' FROM unnest(s.histogram_bounds::text::int8[]) v) END,
       NULL::text";
const NO_VALUES: &str = "NULL::text, NULL::text, NULL::text";
/// The frequencies belong to the values; without them rules have no use for them.
const FREQUENCIES: &str = "s.most_common_freqs::float4[], %values%,
       s.most_common_elem_freqs::float4[], s.elem_count_histogram::float4[]";
const NO_FREQUENCIES: &str = "NULL::float4[], %values%, NULL::float4[], NULL::float4[]";

/// How many analysed tables there are, and how many of them the role can't read.
const UNREADABLE: &str = "\
SELECT /* dbwright */ count(*), count(*) FILTER (WHERE NOT has_any_column_privilege(c.oid, 'SELECT')
           OR c.relrowsecurity AND row_security_active(c.oid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p', 'f') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";

const EXTENDED: &str = "\
SELECT /* dbwright */ e.oid::int8, n.nspname, e.stxname, e.stxrelid::int8, v.n_distinct::text, v.dependencies::text
FROM pg_statistic_ext e
JOIN pg_namespace n ON n.oid = e.stxnamespace
LEFT JOIN pg_stats_ext v ON v.statistics_schemaname = n.nspname AND v.statistics_name = e.stxname %inherited%
WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 2, 3";

/// Column statistics by table.
pub(super) async fn read(
    session: &mut Session,
    server: &Server,
    values: Values,
) -> Result<BTreeMap<ObjectId, Vec<ColumnStats>>, Failure> {
    let (lists, kept) = match values {
        Values::All => (FREQUENCIES, VALUES),
        Values::Greatest => (NO_FREQUENCIES, GREATEST),
        Values::None => (FREQUENCIES, NO_VALUES),
    };
    let sql = SQL.replace("%lists%", lists).replace("%values%", kept);
    // In the view's own order of joins its privilege check sees the analysed columns only, not every column there is.
    session.set("join_collapse_limit", "1").await?;
    let rows = session.read(area::COLUMN_STATISTICS, &sql, &[], decode).await?;
    session.set("join_collapse_limit", "8").await?;
    let counts = session.read(area::COLUMN_STATISTICS, UNREADABLE, &[], |row| Ok((row.count()?, row.count()?))).await?;
    if let Some((all, refused)) = counts.first().filter(|(_, refused)| *refused > 0) {
        let area = if all == refused { area::COLUMN_STATISTICS } else { area::COLUMN_STATISTICS_PARTIAL };
        let reason =
            format!("role {} may not read {refused} of {all} tables, so it sees no statistics of them", server.role);
        session.gap(area, reason, Some(super::rights::read_all_data(server)));
    }
    let mut columns: BTreeMap<ObjectId, Vec<ColumnStats>> = BTreeMap::new();
    for (table, stats) in rows {
        columns.entry(table).or_default().push(stats);
    }
    Ok(columns)
}

fn decode(row: &mut Cells<'_>) -> Result<(ObjectId, ColumnStats), PgError> {
    let table = row.count()?;
    let stats = ColumnStats {
        column: row.text()?,
        inherited: row.get()?,
        null_frac: row.get()?,
        avg_width: row.get()?,
        n_distinct: row.get()?,
        correlation: row.get()?,
        most_common_freqs: floats(row)?,
        most_common_vals: row.opt_text()?,
        histogram_bounds: row.opt_text()?,
        most_common_elems: row.opt_text()?,
        most_common_elem_freqs: floats(row)?,
        elem_count_histogram: floats(row)?,
        ..ColumnStats::default()
    };
    Ok((table, stats))
}

/// A list as the server keeps it, four bytes a number: half of what `float8` would send.
pub(super) fn floats(row: &mut Cells<'_>) -> Result<Vec<f64>, PgError> {
    Ok(row.list::<f32>()?.into_iter().map(f64::from).collect())
}

/// Extended statistics objects.
pub(super) async fn extended(
    session: &mut Session,
    server: &Server,
    definitions: &mut Definitions,
) -> Result<Vec<ExtendedStats>, Failure> {
    let sql = EXTENDED.replace("%inherited%", if server.major() >= 15 { "AND NOT v.inherited" } else { "" });
    let rows = session
        .read("extended-statistics", &sql, &[], |row| {
            let id = row.count()?;
            let stats = ExtendedStats {
                schema: row.text()?,
                name: row.text()?,
                table: row.count()?,
                definition: String::new(),
                n_distinct: row.opt_text()?,
                dependencies: row.opt_text()?,
            };
            Ok((id, stats))
        })
        .await?;
    let complete = rows.into_iter().map(|(id, stats)| ExtendedStats {
        definition: definitions.take("statistics", id, 0).unwrap_or_default(),
        ..stats
    });
    Ok(complete.collect())
}
