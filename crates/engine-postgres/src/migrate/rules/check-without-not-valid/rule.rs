//! `migrate/check-without-not-valid`: every row is checked while nobody can read.

use dbwright_core::{Change, Cx};

use crate::ddl::ConstraintKind;
use crate::migrate::lint::steps::{made_name, quoted, validate_later};
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports CHECKs that are validated at once.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for added in scene.added_constraints().filter(|added| !added.unchecked) {
        let ConstraintKind::Check { expression } = &added.kind else { continue };
        let table = &added.table;
        let usual = added.column.map_or_else(
            || made_name(&[&table.name], "check"),
            |column| made_name(&[&table.name, &column.name], "check"),
        );
        let name = added.name.clone().unwrap_or(usual);
        let effort = Effort { table, work: Work::Scan, lock: "ACCESS EXCLUSIVE" };
        let mut steps = Vec::new();
        if let Some(column) = added.column {
            steps.push(format!("ALTER TABLE {} ADD COLUMN {} {}", table.sql(), quoted(&column.name), column.ty));
        }
        steps.extend(validate_later(table, &name, &added.definition));
        let finding = cx
            .finding(table.subject_in(&name), format!("CHECK ({expression}) {}", effort.says()))
            .why(format!("every row is checked at once; {}", effort.waits()))
            .change(
                Change::new(steps, "VALIDATE reads the table under SHARE UPDATE EXCLUSIVE: reads and writes go on; the rest takes a moment")
                    .outside_transaction(),
            )
            .at(scene.place_of(added.clause));
        cx.report(effort.weigh(finding));
    }
}
