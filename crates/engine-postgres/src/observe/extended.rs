//! Extended statistics as gathered: combinations of values, and statistics of expressions.

use std::collections::BTreeMap;

use dbwright_core::Failure;
use dbwright_sql::model::ObjectId;
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::colstats::floats;
use super::session::Session;
use crate::body::{ColumnStats, ExtendedData, Server, area};

/// `%inherited%` came with 15. Values travel as JSON, since an array of arrays with nulls has no plainer form.
const DATA: &str = "\
SELECT /* dbwright */ v.statistics_schemaname, v.statistics_name, %inherited%, v.n_distinct::text, v.dependencies::text,
       to_jsonb(v.most_common_vals)::text, v.most_common_freqs::float8[], v.most_common_base_freqs::float8[]
FROM pg_stats_ext v
WHERE v.statistics_schemaname <> 'information_schema' AND v.statistics_schemaname NOT LIKE 'pg\\_%'
ORDER BY 1, 2, 3";

/// Statistics of expressions came with 14.
const EXPRESSIONS: &str = "\
SELECT /* dbwright */ v.statistics_schemaname, v.statistics_name, %inherited%, v.expr, v.null_frac::float8, v.avg_width::int4,
       v.n_distinct::float8, v.correlation::float8, v.most_common_freqs::float4[], v.most_common_vals::text,
       v.histogram_bounds::text, v.most_common_elems::text, v.most_common_elem_freqs::float4[], v.elem_count_histogram::float4[]
FROM pg_stats_ext_exprs v
WHERE v.statistics_schemaname <> 'information_schema' AND v.statistics_schemaname NOT LIKE 'pg\\_%'";

/// How many there are that the views don't show: since the fix of CVE-2024-4317 only the table's owner sees them.
const HIDDEN: &str = "\
SELECT /* dbwright */ count(*), count(*) FILTER (WHERE v.statistics_name IS NULL),
       min(o.rolname::text) FILTER (WHERE NOT o.rolsuper)
FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace JOIN pg_class c ON c.oid = e.stxrelid
JOIN pg_roles o ON o.oid = c.relowner
LEFT JOIN (SELECT DISTINCT s.statistics_schemaname, s.statistics_name FROM pg_stats_ext s) v
       ON v.statistics_schemaname = n.nspname AND v.statistics_name = e.stxname
WHERE NOT pg_has_role(c.relowner, 'USAGE') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";

/// Reads what the views show, and notes when they hide some.
pub(super) async fn read(session: &mut Session, server: &Server) -> Result<Vec<ExtendedData>, Failure> {
    let inherited = if server.major() >= 15 { "v.inherited" } else { "false" };
    let sql = DATA.replace("%inherited%", inherited);
    let mut data = session.read(area::EXTENDED_STATISTICS, &sql, &[], decode).await?;
    if server.major() >= 14 && !data.is_empty() {
        let sql = EXPRESSIONS.replace("%inherited%", inherited);
        let rows = session.read(area::EXTENDED_STATISTICS, &sql, &[], expression).await?;
        for (schema, name, inherited, stats) in rows {
            let of = |d: &&mut ExtendedData| d.schema == schema && d.name == name && d.inherited == inherited;
            if let Some(owner) = data.iter_mut().find(of) {
                owner.expressions.push(stats);
            }
        }
    }
    note_hidden(session, server).await?;
    Ok(data)
}

async fn note_hidden(session: &mut Session, server: &Server) -> Result<(), Failure> {
    let decode = |row: &mut Cells<'_>| Ok((row.count()?, row.count()?, row.opt_text()?));
    let rows = session.read(area::EXTENDED_STATISTICS, HIDDEN, &[], decode).await?;
    let Some((all, hidden, owner)) = rows.into_iter().next().filter(|(_, hidden, _)| *hidden > 0) else {
        return Ok(());
    };
    let quote = |name: &str| dbwright_sql::Dialect::Postgres.ident(name);
    let reason = format!(
        "role {} does not see what {hidden} of {all} extended statistics objects hold: only the tables' owners do",
        server.role
    );
    // To be made a member of a superuser is no remedy.
    let remedy = owner.map(|owner| format!("GRANT {} TO {}", quote(&owner), quote(&server.role)));
    session.gap(area::EXTENDED_STATISTICS, reason, remedy.or_else(|| Some("observe as the tables' owner".to_owned())));
    Ok(())
}

fn decode(row: &mut Cells<'_>) -> Result<ExtendedData, PgError> {
    Ok(ExtendedData {
        schema: row.text()?,
        name: row.text()?,
        inherited: row.get()?,
        n_distinct: row.opt_text()?,
        dependencies: row.opt_text()?,
        values: row.opt_text()?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        frequencies: row.list()?,
        base_frequencies: row.list()?,
        expressions: Vec::new(),
    })
}

fn expression(row: &mut Cells<'_>) -> Result<(String, String, bool, ColumnStats), PgError> {
    let (schema, name, inherited) = (row.text()?, row.text()?, row.get()?);
    let stats = ColumnStats {
        column: row.text()?,
        inherited,
        null_frac: row.get::<Option<f64>>()?.unwrap_or(0.0),
        avg_width: row.get::<Option<i32>>()?.unwrap_or(0),
        n_distinct: row.get::<Option<f64>>()?.unwrap_or(0.0),
        correlation: row.get()?,
        most_common_freqs: floats(row)?,
        most_common_vals: row.opt_text()?,
        histogram_bounds: row.opt_text()?,
        most_common_elems: row.opt_text()?,
        most_common_elem_freqs: floats(row)?,
        elem_count_histogram: floats(row)?,
        ..ColumnStats::default()
    };
    Ok((schema, name, inherited, stats))
}

/// From 17 on the view has them; before, only a superuser can look.
const RANGES: &str = "\
SELECT /* dbwright */ c.oid::int8, s.attname, s.inherited, s.range_length_histogram::text, s.range_empty_frac::float8,
       s.range_bounds_histogram::text
FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relname = s.tablename AND c.relnamespace = n.oid
WHERE s.schemaname <> 'pg_catalog' AND s.schemaname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND (s.range_length_histogram IS NOT NULL OR s.range_bounds_histogram IS NOT NULL)";

const OLD_RANGES: &str = "\
SELECT /* dbwright */ c.oid::int8, a.attname, s.stainherit,
       CASE 6 WHEN stakind1 THEN stavalues1::text WHEN stakind2 THEN stavalues2::text WHEN stakind3 THEN stavalues3::text END,
       (CASE 6 WHEN stakind1 THEN stanumbers1 WHEN stakind2 THEN stanumbers2 WHEN stakind3 THEN stanumbers3 END)[1]::float8,
       CASE 7 WHEN stakind1 THEN stavalues1::text WHEN stakind2 THEN stavalues2::text WHEN stakind3 THEN stavalues3::text END
FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = s.staattnum
WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND (6 IN (stakind1, stakind2, stakind3) OR 7 IN (stakind1, stakind2, stakind3))";

/// Adds the statistics of ranges to the columns.
pub(super) async fn ranges(
    session: &mut Session,
    server: &Server,
    columns: &mut BTreeMap<ObjectId, Vec<ColumnStats>>,
) -> Result<(), Failure> {
    let sql = match server.major() {
        17.. => RANGES,
        _ if server.superuser => OLD_RANGES,
        _ => return note_hidden_ranges(session, server).await,
    };
    let rows = session
        .read(area::COLUMN_STATISTICS, sql, &[], |row| {
            let key: (u64, String, bool) = (row.count()?, row.text()?, row.get()?);
            Ok((key, row.opt_text()?, row.get::<Option<f64>>()?, row.opt_text()?))
        })
        .await?;
    for ((table, column, inherited), lengths, empty, bounds) in rows {
        let stats = columns
            .get_mut(&table)
            .and_then(|of| of.iter_mut().find(|stats| stats.column == column && stats.inherited == inherited));
        if let Some(stats) = stats {
            (stats.range_lengths, stats.range_empty, stats.range_bounds) = (lengths, empty, bounds);
        }
    }
    Ok(())
}

const RANGE_COLUMNS: &str = "\
SELECT /* dbwright */ count(*)
FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relname = s.tablename AND c.relnamespace = n.oid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname JOIN pg_type t ON t.oid = a.atttypid
WHERE t.typtype IN ('r', 'm') AND s.schemaname <> 'pg_catalog' AND s.schemaname <> 'information_schema'";

async fn note_hidden_ranges(session: &mut Session, server: &Server) -> Result<(), Failure> {
    let decode = |row: &mut Cells<'_>| {
        let columns = row.count()?;
        Ok(columns)
    };
    let counts = session.read(area::COLUMN_STATISTICS, RANGE_COLUMNS, &[], decode).await?;
    if let Some(columns) = counts.first().filter(|columns| **columns > 0) {
        let reason = format!(
            "PostgreSQL {} shows the histograms of ranges to superusers only, so those of {columns} columns are missing",
            server.major()
        );
        session.gap(area::RANGE_STATISTICS, reason, Some("observe as superuser, or upgrade to 17 or later".to_owned()));
    }
    Ok(())
}
