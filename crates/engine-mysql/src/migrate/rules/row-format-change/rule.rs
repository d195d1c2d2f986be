//! `migrate/row-format-change`: a row format on which nothing is instant any more.

use dbwright_core::Cx;

use crate::migrate::lint::{Effort, Scene};
use crate::migrate::parse::Action;

/// Reports tables that become compressed.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in &altered.parts {
        let Action::Option(word) = &part.clause.action else { continue };
        let compressed = part.clause.text.to_ascii_lowercase().contains("compressed");
        let compresses = (word == "row_format" && compressed) || word == "key_block_size";
        if !compresses || table.row_format.as_deref() == Some("compressed") {
            continue;
        }
        let effort = Effort { table, way: altered.whole.way };
        let finding = cx
            .finding(table.subject(), format!("compressing {} {}", table.sql(), effort.says()))
            .why(
                "from then on no column is added or dropped in an instant: each such change builds the whole table anew; no change is \
                 shown, because whether the space is worth that is yours to say",
            )
            .at(part.place.clone());
        cx.report(effort.weigh(finding).severity(dbwright_core::Severity::Low));
    }
}
