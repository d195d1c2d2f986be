//! `migrate/attach-without-check`: the server reads all rows to see that they belong there.

use dbwright_core::Cx;

use crate::ddl::Action;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports partitions that are attached without a validated CHECK.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (parent, clause) in scene.clauses() {
        let Action::AttachPartition { name, bound } = &clause.action else { continue };
        let table = scene.world.table(name);
        let checked = table.constraints.iter().any(|one| one.kind == 'c' && one.validated);
        if table.quiet() || checked {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Scan, lock: "ACCESS EXCLUSIVE" };
        let finding = cx
            .finding(table.subject(), format!("attaching {} to {} {}", table.sql(), parent.sql(), effort.says()))
            .why(format!(
                "{}; a CHECK constraint that says the same as {bound}, added NOT VALID and validated before, lets the server skip \
                 reading; `dbwright migrate plan` writes it",
                effort.waits()
            ))
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}
