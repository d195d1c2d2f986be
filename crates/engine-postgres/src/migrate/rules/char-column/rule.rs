//! `migrate/char-column`: a type that pads.

use dbwright_core::Cx;

use crate::ddl::{Act, Action, Column, Name, Object};
use crate::migrate::lint::Scene;
use crate::migrate::lint::steps::quoted;

/// Reports columns of that type.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let columns: Vec<(&Name, &Column, usize)> = scene.acts().iter().flat_map(columns).collect();
    for (table, column, offset) in columns {
        let ty = column.ty.to_ascii_lowercase();
        let kind = ty.split('(').next().unwrap_or_default().trim();
        if !matches!(kind, "char" | "character" | "bpchar") {
            continue;
        }
        let of = scene.world.table(table);
        let finding = cx
            .finding(of.subject_in(&column.name), format!("the new column {} is char(n), which pads with blanks", quoted(&column.name)))
            .why("the blanks are stored and count in LIKE but not in comparisons; no change is shown: write text, with a CHECK of the length when it matters")
            .evidence("type", column.ty.clone(), "", "the statement")
            .at(scene.place_at(offset));
        cx.report(finding);
    }
}

/// The columns that an act makes, with the place of their clause.
fn columns(act: &Act) -> Vec<(&Name, &Column, usize)> {
    match act {
        Act::CreateTable(table) if !table.temporary => {
            table.columns.iter().map(|column| (&table.name, column, 0)).collect()
        }
        Act::Alter { object: Object::Table, name, clauses, .. } => {
            let added = clauses.iter().filter_map(|clause| match &clause.action {
                Action::AddColumn { column, .. } => Some((name, column, clause.range.start)),
                _ => None,
            });
            added.collect()
        }
        _ => Vec::new(),
    }
}
