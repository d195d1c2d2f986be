//! `migrate/drop-default`: rows that leave a column out are refused from then on.

use dbwright_core::{Cx, Severity};

use crate::ddl::Action;
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports defaults that are dropped from columns that take no NULL.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.busy_clauses() {
        let Action::DropDefault { column } = &clause.action else { continue };
        let Some(known) = table.column(column).filter(|known| known.not_null && known.filled) else { continue };
        let (who, severity) = if known.here {
            ("the code that runs now does not know the column, which this file adds", Severity::High)
        } else {
            ("code that leaves the column out fails", Severity::Medium)
        };
        let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
        let name = quoted(column);
        let title = format!("rows of {} without {name} are refused from then on", quoted(&table.name));
        let finding = cx
            .finding(table.subject_in(column), title)
            .why(format!(
                "{name} takes no NULL and has no default any more: the server refuses such rows (23502); {who}; no change is shown, \
                 because nothing but the order helps: deploy code that always writes the column, then drop its default in a later \
                 migration"
            ))
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding).severity(severity));
    }
}
