//! `migrate/not-null-without-not-valid`: a NOT NULL constraint that is checked while nobody can read.

use dbwright_core::{Change, Cx};

use crate::ddl::ConstraintKind;
use crate::migrate::lint::steps::{made_name, quoted, validate_later};
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports NOT NULL constraints that are validated at once.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for added in scene.added_constraints().filter(|added| !added.unchecked) {
        let ConstraintKind::NotNull { column } = &added.kind else { continue };
        let table = &added.table;
        if table.column(column).is_some_and(|known| known.not_null) {
            continue;
        }
        let name = added.name.clone().unwrap_or_else(|| made_name(&[&table.name, column], "not_null"));
        let effort = Effort { table, work: Work::Scan, lock: "ACCESS EXCLUSIVE" };
        let finding = cx
            .finding(table.subject_in(column), format!("the NOT NULL constraint on {} {}", quoted(column), effort.says()))
            .why(format!("the server looks for a NULL in every row; {}", effort.waits()))
            .change(
                Change::new(
                    validate_later(table, &name, &added.definition),
                    "VALIDATE reads the table under SHARE UPDATE EXCLUSIVE: reads and writes go on; the rest takes a moment",
                )
                .outside_transaction()
                .versions("18+"),
            )
            .at(scene.place_of(added.clause));
        cx.report(effort.weigh(finding));
    }
}
