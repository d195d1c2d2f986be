//! `migrate/needs-rebuild`: what `ALTER TABLE` can't do.

use dbwright_core::{Change, Cx, Severity};

use crate::migrate::lint::{Outcome, Scene, Table, Work, rebuild_of};
use crate::migrate::parse::{Action, Clause};

/// Reports clauses for which the table is made anew.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let own = |action: &Action| {
        matches!(
            action,
            Action::AddColumn { .. }
                | Action::DropColumn { .. }
                | Action::RenameColumn { .. }
                | Action::RenameTo { .. }
        )
    };
    let needs = scene.clauses().find_map(|(table, clause, outcome)| match outcome {
        Outcome::Rebuild(message) if !table.quiet() => Some((table, clause, message)),
        Outcome::Refused(message) if scene.as_is && !own(&clause.action) => Some((table, clause, message)),
        _ => None,
    });
    let Some((table, clause, message)) = needs else { return };
    let (sql, text) = (table.sql(), &clause.text);
    let subject = clause.action.column().map_or_else(|| table.subject(), |column| table.subject_in(column));
    let finding = if scene.as_is {
        let change = by_hand(table, clause);
        let no_change =
            if change.is_none() { "; no change is shown, because the table's text is not known" } else { "" };
        let finding = cx
            .finding(subject, format!("SQLite's ALTER TABLE does not know `{text}`"))
            .severity(Severity::High)
            .why(format!(
                "the statement fails; SQLite's way is a new table beside the old one, into which the rows are copied: {}, while \
                 whoever writes to the file waits; `dbwright migrate apply` does it by itself{no_change}",
                table.effort(Work::Rebuild)
            ))
            .evidence("SQLite", message.as_str(), "", "the statement, tried in memory");
        match change {
            Some(change) => finding.change(change),
            None => finding,
        }
    } else {
        cx.finding(subject, format!("`{text}` on {sql} {}", table.effort(Work::Rebuild)))
            .why(
                "SQLite's ALTER TABLE can't do it, so dbwright makes the table anew in one transaction; there is one write lock for \
                 the whole file, and whoever writes meanwhile waits, or fails with SQLITE_BUSY when its busy timeout ends; no change \
                 is shown, because there is no other way: choose the time, or leave the declaration as it is",
            )
            .evidence("SQLite", message.as_str(), "", "the clause, tried in memory")
    };
    let finding = if scene.as_is { table.numbers(finding) } else { table.weigh(finding, Work::Rebuild) };
    cx.report(finding);
}

/// SQLite's documented steps, for a tool that runs files as they are.
fn by_hand(table: &Table, clause: &Clause) -> Option<Change> {
    let mut steps = rebuild_of(table.state.as_ref()?, &clause.action).ok()?;
    steps.insert(1, "BEGIN IMMEDIATE".to_owned());
    steps.extend(["PRAGMA foreign_key_check".to_owned(), "COMMIT".to_owned(), "PRAGMA foreign_keys = ON".to_owned()]);
    let lock = "the file's write lock until the rows are copied; to be rolled back when the check yields a row";
    Some(Change::new(steps, lock).outside_transaction().irreversible("make the table anew with its old text"))
}
