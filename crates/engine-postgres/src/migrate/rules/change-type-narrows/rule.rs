//! `migrate/change-type-narrows`: a type that is too small for what may be there.

use dbwright_core::Cx;

use crate::ddl::Action;
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Work, retype};

/// Reports type changes that values may not fit into.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.busy_clauses() {
        let Action::SetType { column, ty, using, .. } = &clause.action else { continue };
        let Some(known) = table.column(column) else { continue };
        let (from, to) = (scene.world.stored_type(&known.ty), scene.world.stored_type(ty));
        if !retype(&from, &to, scene.utc()).narrows || using.is_some() {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
        let title = format!("{} changes from {} to {ty}, which its values may not fit into", quoted(column), known.ty);
        let finding = cx
            .finding(table.subject_in(column), title)
            .why(
                "the statement fails at the first value that does not fit, after working through the table, or rounds what \
                 can't be got back; no change is shown, because whether the values may be given up is yours to say: look \
                 first, and keep larger ones out with a CHECK that is added NOT VALID and validated",
            )
            .evidence("from", known.ty.clone(), "", "the column")
            .evidence("to", ty.clone(), "", "the statement")
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}
