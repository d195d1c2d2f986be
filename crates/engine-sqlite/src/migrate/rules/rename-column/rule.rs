//! `migrate/rename-column`: a name that the code that runs now does not know.

use dbwright_core::Cx;

use crate::migrate::lint::quoted;
use crate::migrate::lint::{Outcome, Scene};
use crate::migrate::parse::Action;

/// Reports columns that are renamed.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, outcome) in scene.clauses().filter(|(table, ..)| !table.quiet()) {
        let (Action::RenameColumn { from, to }, Outcome::Native) = (&clause.action, outcome) else { continue };
        // Code finds it by either: SQLite does not tell upper from lower case.
        if from.eq_ignore_ascii_case(to) {
            continue;
        }
        let finding = cx
            .finding(table.subject_in(from), format!("renaming {} to {} breaks the code that runs now", quoted(from), quoted(to)))
            .why(
                "old code knows the old name alone and new code the new one: one of them fails while they are swapped; no change is shown, \
                 because the safe way goes with deployments: add the new column, keep both the same by triggers, move the code, then \
                 drop the old one",
            );
        cx.report(table.numbers(finding));
    }
}
