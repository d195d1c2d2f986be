//! `migrate/exclude-constraint`: an index that can't be built beside.

use dbwright_core::Cx;

use crate::ddl::ConstraintKind;
use crate::migrate::lint::steps::made_name;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports exclusion constraints.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for added in scene.added_constraints().filter(|added| added.kind == ConstraintKind::Exclude) {
        let table = &added.table;
        let name = added.name.clone().unwrap_or_else(|| made_name(&[&table.name], "excl"));
        let effort = Effort { table, work: Work::Index, lock: "ACCESS EXCLUSIVE" };
        let finding = cx
            .finding(table.subject_in(&name), format!("the exclusion constraint {}", effort.says()))
            .why(format!(
                "its index is built at once; {}; no change is shown, because the server has no other way: neither NOT VALID \
                 nor a prebuilt index; a new table that has it from the start is filled beside and put in its place",
                effort.waits()
            ))
            .at(scene.place_of(added.clause));
        cx.report(effort.weigh(finding));
    }
}
