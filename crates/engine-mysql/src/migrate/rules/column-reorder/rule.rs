//! `migrate/column-reorder`: a column that only changes its place.

use dbwright_core::{Cx, Severity};

use crate::flavour::Flavour;
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene};

/// Reports columns that are moved.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    let table = &altered.table;
    for part in &altered.parts {
        let Some((column, new)) = part.redefined() else { continue };
        if table.column(column).is_none() || !new.moves(column, &table.column_names()) {
            continue;
        }
        let name = quoted(column);
        let effort = Effort { table, way: altered.whole.way };
        let cost = if scene.flavour == Flavour::MySql { format!(", and {}", effort.says()) } else { String::new() };
        let finding = cx
            .finding(table.subject_in(column), format!("{name} only changes its place{cost}"))
            .why(
                "statements that name no columns (INSERT INTO … VALUES, SELECT *) put values into other columns from this moment; \
                 no change is shown: leave out FIRST or AFTER, since code that names its columns doesn't see their order",
            )
            .at(part.place.clone());
        cx.report(effort.weigh(finding).severity(Severity::Low));
    }
}
