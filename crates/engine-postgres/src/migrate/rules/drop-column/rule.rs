//! `migrate/drop-column`: what the code that runs now may still read.

use dbwright_core::Cx;

use crate::ddl::Action;
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Work};
use crate::words::some_of;

/// Reports columns that are dropped.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.clauses().filter(|(table, _)| !table.fresh()) {
        let Action::DropColumn { name, .. } = &clause.action else { continue };
        // What was made in the file nobody reads yet, and what is not there (`IF EXISTS`) nobody misses.
        let known = table.column(name);
        if known.is_some_and(|column| column.here) || known.is_none() && table.complete {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
        let indexes: Vec<String> =
            table.indexes.iter().filter(|index| index.keys.contains(name)).map(|index| quoted(&index.name)).collect();
        let along =
            if indexes.is_empty() { String::new() } else { format!("; with it goes the index {}", some_of(&indexes)) };
        let title = format!("dropping {} breaks code that still names it, and its data is gone", quoted(name));
        let finding = cx
            .finding(table.subject_in(name), title)
            .why(format!(
                "code that runs now may read or write it until it is replaced{along}; no change is shown, because nothing but \
                 the order helps: first deploy code that does not know the column, then drop it"
            ))
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}
