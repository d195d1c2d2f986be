//! `migrate/serial-column`: a sequence that drifts from its column.

use dbwright_core::Cx;

use crate::ddl::{Act, Column, Name};
use crate::migrate::lint::Scene;
use crate::migrate::lint::steps::quoted;

/// Reports columns of that type.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let columns: Vec<(&Name, &Column, usize)> = scene.acts().iter().flat_map(columns).collect();
    for (table, column, offset) in columns {
        let ty = column.ty.to_ascii_lowercase();
        if !ty.contains("serial") {
            continue;
        }
        let of = scene.world.table(table);
        let finding = cx
            .finding(of.subject_in(&column.name), format!("the new column {} is serial; an identity column keeps its sequence to itself", quoted(&column.name)))
            .why("rights and copies of the table go apart from the sequence, and serial ends at 2,147,483,647; no change is shown: write bigint GENERATED ALWAYS AS IDENTITY")
            .evidence("type", column.ty.clone(), "", "the statement")
            .at(scene.place_at(offset));
        cx.report(finding);
    }
}

/// The columns of a table that an act makes, with the place of their clause.
fn columns(act: &Act) -> Vec<(&Name, &Column, usize)> {
    match act {
        Act::CreateTable(table) if !table.temporary => {
            table.columns.iter().map(|column| (&table.name, column, 0)).collect()
        }
        _ => Vec::new(),
    }
}
