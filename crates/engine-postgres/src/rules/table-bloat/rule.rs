//! `pg/table-bloat`: a table much larger than its rows.
//!
//! The size that the rows need is estimated from the planner's own figures, taken at one time: pages and rows
//! of the last vacuum or analyse against average column widths. Where these are missing or old, the rule
//! says that it could not look, since a guess would blame or clear the wrong table.

mod estimate;

use dbwright_core::{Change, Cx, Finding, Proof, Severity};
use dbwright_sql::model::{Generated, Table, TableKind};

use crate::autovacuum::option;
use crate::body::{PgBody, TableStats};
use crate::words;
use estimate::Width;

const MB: f64 = 1_048_576.0;

/// Share of changed rows above which the figures are too old to judge by.
const OLD: f64 = 0.2;

/// Reports tables with a large share of empty space.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    let page = body.setting("block_size").and_then(|setting| setting.value.parse().ok()).unwrap_or(8192.0);
    let (least, share) = (cx.limit("min_wasted_mb") * MB, cx.limit("min_wasted_share"));
    let mut unknown = Vec::new();
    for table in body.catalog.tables.iter().filter(|table| stores(table)) {
        let Some(stats) = body.tables.get(&table.id) else { continue };
        if words::as_f64(stats.heap_bytes) < least {
            continue;
        }
        let Some(sizes) = sizes(body, table, stats, page) else {
            unknown.push(body.catalog.qualified(table));
            continue;
        };
        if sizes.wasted() >= least && sizes.wasted() >= share * sizes.actual {
            let finding = finding(cx, table, stats, sizes);
            cx.report(finding);
        }
    }
    if !unknown.is_empty() {
        let reason = format!(
            "{} changed much since the last ANALYZE, or {} column statistics are missing or may not be read",
            words::some_of(&unknown),
            if unknown.len() == 1 { "its" } else { "their" }
        );
        cx.not_looked(reason, Some("ANALYZE the tables, or GRANT pg_read_all_data to the role (14 and later)"));
    }
}

fn stores(table: &Table) -> bool {
    !table.internal && matches!(table.kind, TableKind::Table | TableKind::MaterializedView)
}

/// Bytes that a table has, and bytes that its rows need.
#[derive(Clone, Copy)]
struct Sizes {
    actual: f64,
    needed: f64,
}

impl Sizes {
    fn wasted(self) -> f64 {
        (self.actual - self.needed).max(0.0)
    }
}

/// The sizes, unless the figures are missing or old.
fn sizes(body: &PgBody, table: &Table, stats: &TableStats, page: f64) -> Option<Sizes> {
    let rows = stats.reltuples?;
    if words::as_f64(stats.n_mod_since_analyze) > OLD * rows.max(1_000.0) {
        return None;
    }
    let columns = widths(body, table)?;
    let fill = option(stats, "fillfactor").and_then(|value| value.parse::<f64>().ok()).unwrap_or(100.0) / 100.0;
    #[expect(clippy::cast_precision_loss, reason = "a table has at most 2^32 pages")]
    let actual = stats.relpages as f64 * page;
    Some(Sizes { actual, needed: estimate::pages(rows, &columns, fill, page) * page })
}

/// The stored columns' widths, unless one is unknown.
fn widths(body: &PgBody, table: &Table) -> Option<Vec<Width>> {
    let known = body.columns.get(&table.id)?;
    let stored = table.columns.iter().filter(|column| column.generated != Some(Generated::Virtual));
    let width = |column: &dbwright_sql::model::Column| {
        let own = known.iter().find(|stats| stats.column == column.name && !stats.inherited)?;
        let bytes = f64::from(own.avg_width);
        Some(Width { bytes, nulls: own.null_frac, align: estimate::align(&column.base_type, bytes) })
    };
    stored.map(width).collect()
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table, stats: &TableStats, sizes: Sizes) -> Finding {
    let name = cx.body.catalog.qualified(table);
    let wasted = sizes.wasted();
    let share = wasted / sizes.actual;
    let severity = if wasted < cx.limit("small_mb") * MB { Severity::Low } else { Severity::Medium };
    cx.finding(
        cx.body.catalog.subject(table),
        format!("about {} of {name} is empty space: {} of {}", words::percent(share), size(wasted), size(sizes.actual)),
    )
    .severity(severity)
    .why(
        "scans, backups and memory carry the empty space; new rows fill it, so shrink the table only if it is not going to grow \
         into it, and look for the cause first (a mass delete, or vacuums that came too late); VACUUM FULL locks the table while it \
         works: where that is too long, pg_repack or pg_squeeze does the same online",
    )
    .evidence("size", sizes.actual, "bytes", "pg_class.relpages")
    .evidence("needed", sizes.needed, "bytes", "estimate from pg_class.reltuples and pg_stats.avg_width")
    .evidence("wasted", (share * 1000.0).round() / 1000.0, "ratio", "estimate")
    .evidence("reltuples", stats.reltuples.unwrap_or(0.0), "rows", "pg_class")
    .proof(Proof::unproven(format!(
        "an estimate from statistics; SELECT * FROM pgstattuple({}) reads the whole table and measures it",
        cx.body.catalog.dialect.literal(&name)
    )))
    .change(
        Change::new(
            [format!("VACUUM (FULL, ANALYZE) {name}")],
            format!(
                "ACCESS EXCLUSIVE on the table while its rows ({}) and all its indexes are written anew: reads and writes wait; \
                 takes that much free disk space meanwhile",
                size(sizes.needed)
            ),
        )
        .outside_transaction()
        .irreversible("nothing is lost but empty space"),
    )
}

fn size(bytes: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size is neither negative nor near 2^63"
    )]
    let bytes = bytes as u64;
    words::bytes(bytes)
}
