//! `migrate/rename-column`: a name that the code that runs now does not know.

use dbwright_core::Cx;

use crate::ddl::{Act, Action, Object};
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports columns that are renamed.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::Alter { object: Object::Table | Object::View | Object::MaterializedView, name, clauses, .. } = act
        else {
            continue;
        };
        let table = scene.world.table(name);
        for clause in clauses.iter().filter(|_| !table.fresh()) {
            let Action::RenameColumn { from, to } = &clause.action else { continue };
            let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
            let title = format!("renaming {} to {} breaks the code that runs now", quoted(from), quoted(to));
            let finding = cx
                .finding(table.subject_in(from), title)
                .why(
                    "old code knows the old name alone and new code the new one: one of them fails while they are swapped; no \
                     change is shown, because the safe way goes with deployments: add the new column, keep both the same by a \
                     trigger, move the code, then drop the old one",
                )
                .at(scene.place_of(clause));
            cx.report(effort.weigh(finding));
        }
    }
}
