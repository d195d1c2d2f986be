//! `migrate/drop-column-refused`: columns that something else needs.

use dbwright_core::{Change, Cx};

use crate::migrate::edit::mentions;
use crate::migrate::lint::quoted;
use crate::migrate::lint::{Outcome, Scene, Table, rebuild_of};
use crate::migrate::parse::{Action, Clause};

/// Reports columns that SQLite refuses to drop.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, outcome) in scene.clauses() {
        let (Action::DropColumn { name, .. }, Outcome::Refused(message)) = (&clause.action, outcome) else { continue };
        if message.contains("syntax error") || message.starts_with("no such") {
            continue;
        }
        let change = instead(table, clause, name, message, scene.sql());
        let no_change = if change.is_none() {
            "; no change is shown, because only you know what becomes of a view or trigger without the column: drop it before and make it anew \
             afterwards"
        } else {
            ""
        };
        let finding = cx
            .finding(table.subject_in(name), format!("SQLite refuses to drop {}: {message}", quoted(name)))
            .why(format!("a column goes only when no key, index, CHECK, view or trigger names it{no_change}"))
            .evidence("SQLite", message.as_str(), "", "the statement, tried in memory");
        let finding = match change {
            Some(change) => finding.change(change),
            None => finding,
        };
        cx.report(finding);
    }
}

/// The indexes of the column dropped before it, or the table made anew without it.
fn instead(table: &Table, clause: &Clause, column: &str, message: &str, sql: &str) -> Option<Change> {
    let state = table.state.as_ref()?;
    if message.starts_with("error in view") || message.starts_with("error in trigger") {
        return None;
    }
    if message.starts_with("error in index") {
        let keys = |sql: &str| sql.split_once('(').is_some_and(|(_, keys)| mentions(keys, column));
        let indexes: Vec<_> = state.indexes.iter().filter(|(_, sql)| keys(sql)).collect();
        let mut steps: Vec<String> = indexes.iter().map(|(name, _)| format!("DROP INDEX {}", quoted(name))).collect();
        steps.push(sql.to_owned());
        let change = Change::new(steps, "the file's write lock while every row is written without the column");
        return Some(change.irreversible("the column's values are gone"));
    }
    let mut steps = rebuild_of(state, &clause.action).ok()?;
    steps.insert(1, "BEGIN IMMEDIATE".to_owned());
    steps.extend(["COMMIT".to_owned(), "PRAGMA foreign_keys = ON".to_owned()]);
    let change = Change::new(steps, "the file's write lock until the rows are copied").outside_transaction();
    Some(change.irreversible("the column's values are gone"))
}
