//! `migrate/drop-column`: what the code that runs now may still read.

use dbwright_core::Cx;

use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene};
use crate::migrate::parse::Action;

/// Reports columns that are dropped.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.altered().filter(|altered| !altered.table.fresh()) else { return };
    for part in &altered.parts {
        let Action::DropColumn(name) = &part.clause.action else { continue };
        let title = format!("dropping {} breaks code that still names it, and its data is gone", quoted(name));
        let effort = Effort { table: &altered.table, way: part.verdict.way };
        let finding = cx
            .finding(altered.table.subject_in(name), title)
            .why(
                "code that runs now may read or write it until it is replaced; no change is shown, because nothing but the \
                 order helps: first deploy code that does not know the column, then drop it",
            )
            .at(part.place.clone());
        cx.report(effort.weigh(finding));
    }
}
