//! `migrate/rename-table`: code that runs now looks for the old name.

use dbwright_core::Cx;
use dbwright_core::words::some_of;

use crate::migrate::lint::quoted;
use crate::migrate::lint::{Outcome, Scene};
use crate::migrate::parse::Action;

/// Reports tables that get another name.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, outcome) in scene.clauses().filter(|(table, ..)| !table.fresh()) {
        let (Action::RenameTo { to }, Outcome::Native) = (&clause.action, outcome) else { continue };
        if scene.taken_over(&table.name) {
            continue;
        }
        let readers = scene.world.readers(&table.name);
        let left = if scene.world.legacy && !readers.is_empty() {
            format!("; with legacy_alter_table on, {} keep the old name and fail", some_of(&readers))
        } else {
            String::new()
        };
        let finding = cx
            .finding(table.subject(), format!("after renaming it to {}, code that still says {} fails", quoted(to), table.sql()))
            .why(format!(
                "old and new code run side by side while a release is rolled out{left}; no change is shown: a view of the old name serves \
                 reads, and with INSTEAD OF triggers writes, until the old code is gone"
            ));
        cx.report(table.numbers(finding));
    }
}
