//! `migrate/drop-partition`: rows go with their partition.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;
use crate::migrate::parse::Action;

/// Reports partitions that are dropped or emptied.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    for part in &altered.parts {
        let Action::Partition(words) = &part.clause.action else { continue };
        if !matches!(words.as_str(), "DROP PARTITION" | "TRUNCATE PARTITION") {
            continue;
        }
        let table = &altered.table;
        let finding = cx
            .finding(table.subject(), format!("{words} removes rows of {} for good", table.sql()))
            .why(
                "no undo brings them back; no change is shown: exchange the partition with an empty table, and drop that one when nobody has missed \
                 its rows",
            )
            .evidence("clause", part.clause.text.as_str(), "", "the statement")
            .at(part.place.clone());
        cx.report(finding);
    }
}
