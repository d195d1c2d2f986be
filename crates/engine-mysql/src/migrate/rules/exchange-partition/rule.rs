//! `migrate/exchange-partition`: rows are looked at while writers wait, or not looked at.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;
use crate::migrate::parse::Action;
use crate::migrate::text::Cursor;

/// Reports exchanges with tables that hold rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    for part in &altered.parts {
        let Action::Partition(words) = &part.clause.action else { continue };
        let mut cursor = Cursor::new(&part.clause.text);
        if words != "EXCHANGE PARTITION" || !cursor.seek(&["with"]) || !cursor.accept(&["with", "table"]) {
            continue;
        }
        let Some(other) = cursor.qualified().map(|name| scene.world.table(&name)) else { continue };
        if other.quiet() {
            continue;
        }
        let unchecked = cursor.accept(&["without", "validation"]);
        let (title, why) = if unchecked {
            (
                format!(
                    "rows of {} come into a partition of {} without being looked at",
                    other.sql(),
                    altered.table.sql()
                ),
                "a row that does not belong there is no longer found by queries that know their partition; no change is shown: leave WITHOUT \
                 VALIDATION out, or look at the rows before",
            )
        } else {
            (
                format!(
                    "writes of {} and {} wait while all rows of {} are looked at",
                    altered.table.sql(),
                    other.sql(),
                    other.sql()
                ),
                "each row is checked against the partition's bounds; no change is shown: do it while few write, or copy the rows in batches",
            )
        };
        let finding = cx.finding(altered.table.subject(), title).why(why).at(part.place.clone());
        let finding = match other.rows {
            Some(rows) => finding.evidence("rows", rows, "rows", "information_schema.TABLES"),
            None => finding.evidence("table", "nothing is known of it", "", "no target"),
        };
        cx.report(finding);
    }
}
