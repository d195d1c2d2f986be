//! `migrate/drop-column`: what the code that runs now may still read.

use dbwright_core::Cx;

use crate::migrate::lint::quoted;
use crate::migrate::lint::{Outcome, Scene, Work};
use crate::migrate::parse::Action;

/// Reports columns that are dropped.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, outcome) in scene.clauses().filter(|(table, ..)| !table.quiet()) {
        let (Action::DropColumn { name, .. }, Outcome::Native | Outcome::Rebuild(_)) = (&clause.action, outcome) else {
            continue;
        };
        let finding = cx
            .finding(table.subject_in(name), format!("dropping {} breaks code that still names it, and its data is gone", quoted(name)))
            .why(format!(
                "code that runs now may read or write it until it is replaced, and SQLite {} to take it out; no change is shown, because \
                 nothing but the order helps: first deploy code that does not know the column, then drop it",
                table.effort(Work::Rows)
            ));
        cx.report(table.numbers(finding));
    }
}
