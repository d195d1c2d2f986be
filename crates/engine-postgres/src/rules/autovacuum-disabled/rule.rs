//! `pg/autovacuum-disabled`: a table that autovacuum passes by.

use dbwright_core::{Change, Cx};
use dbwright_sql::model::{Table, TableKind};

use crate::autovacuum::disabled;
use crate::body::{PgBody, TableStats};

/// The storage parameters that switch it off, for the table and for its TOAST table.
const SWITCHES: [&str; 2] = ["autovacuum_enabled", "toast.autovacuum_enabled"];

/// Reports tables with autovacuum switched off by a storage parameter.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    for table in body.catalog.tables.iter().filter(|table| !table.internal) {
        let Some(stats) = body.tables.get(&table.id) else { continue };
        let off: Vec<_> = SWITCHES.into_iter().filter(|switch| disabled(stats, switch)).collect();
        if off.is_empty() {
            continue;
        }
        let name = body.catalog.qualified(table);
        let of = if off == SWITCHES[1..] { "the TOAST table of " } else { "" };
        let mut finding = cx
            .finding(body.catalog.subject(table), format!("autovacuum is switched off for {of}{name}"))
            .why("dead rows and stale statistics pile up until somebody vacuums by hand; only the emergency vacuum against transaction id wraparound still runs")
            .change(change(table, stats, &name, &off));
        for switch in &off {
            finding = finding.evidence(switch, false, "", "pg_class.reloptions");
        }
        finding = finding.evidence("n_dead_tup", stats.n_dead_tup, "rows", "pg_stat_user_tables");
        cx.report(finding);
    }
}

fn change(table: &Table, stats: &TableStats, name: &str, off: &[&str]) -> Change {
    let kind = if table.kind == TableKind::MaterializedView { "MATERIALIZED VIEW" } else { "TABLE" };
    let set: Vec<_> =
        stats.options.iter().filter(|o| off.iter().any(|s| o.starts_with(&format!("{s}=")))).cloned().collect();
    Change::new(
        [format!("ALTER {kind} {name} RESET ({})", off.join(", "))],
        "SHARE UPDATE EXCLUSIVE on the table, briefly: reads and writes go on",
    )
    .back([format!("ALTER {kind} {name} SET ({})", set.join(", "))])
}
