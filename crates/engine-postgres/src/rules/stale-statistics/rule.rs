//! `pg/stale-statistics`: the planner plans a table by figures that are missing or no longer true.
//!
//! As with dead rows, autovacuum's own threshold is the measure, and the finding is `low` while
//! autovacuum can be expected to come. It never comes for a partitioned table itself.

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::model::{Table, TableKind};

use crate::autovacuum::Autovacuum;
use crate::body::{PgBody, TableStats, area};
use crate::words;

/// Reports tables that were never analysed, or changed much since.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    for table in body.catalog.tables.iter().filter(|table| !table.internal) {
        let Some(stats) = body.tables.get(&table.id) else { continue };
        let found = match table.kind {
            TableKind::Partitioned => partitioned(cx, table),
            TableKind::Table | TableKind::MaterializedView => plain(cx, table, stats),
            _ => None,
        };
        if let Some(finding) = found {
            cx.report(finding);
        }
    }
}

/// A table with rows of its own.
fn plain(cx: &Cx<'_, PgBody>, table: &Table, stats: &TableStats) -> Option<Finding> {
    let autovacuum = Autovacuum::of(cx.body, stats);
    let (live, changed) = (words::as_f64(stats.n_live_tup), words::as_f64(stats.n_mod_since_analyze));
    let name = cx.body.catalog.qualified(table);
    let title = if never_analysed(cx, table, stats) {
        if live < cx.limit("min_rows") {
            return None;
        }
        format!("{name} has {} rows and was never analysed", words::count(live))
    } else {
        if changed < cx.limit("min_rows") || changed <= cx.limit("overdue_factor") * autovacuum.analyze_at {
            return None;
        }
        format!("{} rows of {name} changed since its statistics were gathered", words::count(changed))
    };
    let cause = if autovacuum.enabled {
        "autovacuum is due to do it; when this stays so, its workers are too few"
    } else {
        "autovacuum does not do it, because it is switched off for the table or the server"
    };
    let mut finding = start(cx, table, &name, title, cause)
        .severity(if autovacuum.enabled { Severity::Low } else { Severity::Medium })
        .evidence("n_mod_since_analyze", stats.n_mod_since_analyze, "rows", "pg_stat_user_tables")
        .evidence("n_live_tup", stats.n_live_tup, "rows", "pg_stat_user_tables")
        .evidence("autovacuum threshold", autovacuum.analyze_at.round(), "rows", "pg_settings, pg_class.reloptions");
    if let Some(last) = stats.last_analyze.max(stats.last_autoanalyze) {
        let ago = cx.body.server.now.duration_since(last).as_secs_f64().round();
        finding = finding.evidence("last analyse", ago, "s ago", "pg_stat_user_tables");
    }
    Some(finding)
}

/// A partitioned table: only a manual ANALYZE gathers statistics over all partitions.
fn partitioned(cx: &Cx<'_, PgBody>, table: &Table) -> Option<Finding> {
    let stats = cx.body.tables.get(&table.id)?;
    if table.is_partition || !never_analysed(cx, table, stats) {
        return None;
    }
    let rows = live_below(cx.body, table);
    if rows < cx.limit("min_rows") {
        return None;
    }
    let name = cx.body.catalog.qualified(table);
    let title = format!("the partitioned table {name} was never analysed as a whole");
    let cause =
        "autovacuum analyses the partitions and never the table above them, whose statistics joins and groupings need";
    let finding = start(cx, table, &name, title, cause).severity(Severity::Low);
    Some(finding.evidence("n_live_tup", rows, "rows", "pg_stat_user_tables, over all partitions"))
}

fn start(cx: &Cx<'_, PgBody>, table: &Table, name: &str, title: String, cause: &str) -> Finding {
    cx.finding(cx.body.catalog.subject(table), title)
        .why(format!(
            "the planner guesses how many rows a condition leaves, and picks joins and indexes by that; {cause}"
        ))
        .change(
            Change::new(
                [format!("ANALYZE {name}")],
                "SHARE UPDATE EXCLUSIVE on the table while a sample is read: reads and writes go on",
            )
            .irreversible("the old statistics are replaced; they were wrong or missing"),
        )
}

/// Whether no statistics were ever gathered: a reset of the counters forgets when, but not the statistics. Where the role
/// may not read all of these, the row count of the last analyse has to do.
fn never_analysed(cx: &Cx<'_, PgBody>, table: &Table, stats: &TableStats) -> bool {
    let forgotten = cx.gap(area::COLUMN_STATISTICS_PARTIAL) && stats.reltuples.is_some();
    let when = stats.last_analyze.max(stats.last_autoanalyze);
    when.is_none() && !forgotten && !cx.body.columns.contains_key(&table.id)
}

fn live_below(body: &PgBody, table: &Table) -> f64 {
    let children = body.catalog.tables.iter().filter(|child| child.parents.contains(&table.id));
    children
        .map(|child| match child.kind {
            TableKind::Partitioned => live_below(body, child),
            _ => body.tables.get(&child.id).map_or(0.0, |stats| words::as_f64(stats.n_live_tup)),
        })
        .sum()
}
