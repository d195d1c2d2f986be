//! `migrate/drop-default`: rows that leave a column out are refused from then on.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene};
use crate::migrate::parse::{Act, Action};
use crate::migrate::text::Cursor;

/// Reports defaults that are dropped from columns that take no NULL.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    let table = &altered.table;
    for part in &altered.parts {
        let Action::AlterColumn(column) = &part.clause.action else { continue };
        let Some(old) = table.column(column).map(|known| &known.definition) else { continue };
        let mut cursor = Cursor::new(&part.clause.text);
        if !cursor.seek(&["drop"]) || !cursor.accept(&["drop", "default"]) || !old.not_null || old.default.is_none() {
            continue;
        }
        let name = quoted(column);
        let new = scene.before().iter().any(|line| adds(&line.act, &altered.table.name, column));
        let (who, severity) = if new {
            ("the code that runs now does not know the column, which this file adds", Severity::High)
        } else {
            ("code that leaves the column out fails", Severity::Medium)
        };
        let (what, fate) = if scene.strict() {
            ("are refused", "the server refuses them (1364)")
        } else {
            ("get an empty value", "sql_mode is not strict, so that they get 0 or an empty text without an error")
        };
        let effort = Effort { table, way: part.verdict.way };
        let finding = cx
            .finding(table.subject_in(column), format!("rows of {} without {name} {what} from then on", quoted(&table.name)))
            .why(format!(
                "{name} takes no NULL and has no default any more: {fate}; {who}; no change is shown, because nothing but the \
                 order helps: deploy code that always writes the column, then drop its default in a later migration"
            ))
            .at(part.place.clone());
        cx.report(effort.weigh(finding).severity(severity));
    }
}

/// Whether a statement adds a column to a table.
fn adds(act: &Act, table: &str, column: &str) -> bool {
    let Act::Alter { table: altered, clauses, .. } = act else { return false };
    altered.name.eq_ignore_ascii_case(table)
        && clauses.iter().any(|clause| {
            matches!(&clause.action, Action::AddColumns(columns) if columns.iter().any(|(name, _)| name.eq_ignore_ascii_case(column)))
        })
}
