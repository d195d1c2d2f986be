//! `mysql/stale-statistics`: the optimizer counts with a table as it was.

use dbwright_core::Cx;

use crate::alter;
use crate::body::Body;
use crate::words;

/// Where the figures are from.
const SOURCE: &str = "information_schema.INNODB_TABLESTATS";

/// Reports tables that have changed much since their statistics were made.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for (table, facts) in alter::innodb(cx.body) {
        let Some(figures) = cx.body.innodb.tables.get(&table.id) else { continue };
        let changed = words::as_f64(figures.modified);
        let share = changed / words::as_f64(figures.rows.max(1));
        let young = figures.age_s.is_some_and(|age| words::as_f64(age) < cx.limit("minutes") * 60.0);
        if young || changed < cx.limit("rows") || share < cx.limit("share") {
            continue;
        }
        let name = catalog.qualified(table);
        let title = format!("{} rows of {name} have changed since its statistics were made", words::count(changed));
        let mut finding = cx
            .finding(catalog.subject(table), title)
            .evidence("MODIFIED_COUNTER", figures.modified, "rows", SOURCE)
            .evidence("NUM_ROWS", figures.rows, "rows", SOURCE);
        if let Some(counted) = figures.counted {
            finding = finding.evidence("n_rows", counted, "rows", "mysql.innodb_table_stats");
        }
        if let Some(age) = figures.age_s {
            finding = finding.evidence("age", age, "s", "mysql.innodb_table_stats.last_update");
        }
        let own = facts.options.to_ascii_lowercase().contains("stats_auto_recalc=0");
        let off = cx.body.is_on("innodb_stats_auto_recalc") == Some(false);
        let why = match (own, off) {
            (true, _) => {
                "the table's own STATS_AUTO_RECALC=0 keeps the server from making them anew: run ANALYZE TABLE after loads, or take the option away"
            }
            (false, true) => "innodb_stats_auto_recalc is OFF, so that nothing makes them anew by itself",
            (false, false) => {
                "the server should have made them anew by itself after 10 %: a bulk load, or too many tables changing at once, is in the way"
            }
        };
        let change = dbwright_core::Change::new(
            [format!("ANALYZE TABLE {name}")],
            "an instant; on old versions later statements wait behind one that runs for long on the table",
        )
        .outside_transaction()
        .irreversible("old statistics are of no use to anybody");
        cx.report(finding.why(why).change(change));
    }
}
