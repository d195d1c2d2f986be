//! `migrate/add-column-refused`: columns that `ADD COLUMN` can't add.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::quoted;
use crate::migrate::lint::{Outcome, Scene, Table, rebuild_of};
use crate::migrate::parse::{Action, Clause, Column, PartKind};

/// Reports columns that SQLite refuses to add.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, outcome) in scene.clauses() {
        let (Action::AddColumn { column, definition, .. }, Outcome::Refused(message)) = (&clause.action, outcome)
        else {
            continue;
        };
        let other = ["NOT NULL column", "duplicate", "syntax error", "CHECK constraint"]
            .iter()
            .any(|word| message.contains(word));
        if other {
            continue;
        }
        let change = instead(table, clause, column, definition);
        let no_change =
            if change.is_none() { "; no change is shown, because the table's text is not known" } else { "" };
        let finding = cx
            .finding(table.subject_in(&column.name), format!("SQLite refuses the new column {}: {message}", quoted(&column.name)))
            .why(format!(
                "ADD COLUMN changes the schema alone and never touches a row, so it takes nothing that rows would have to be checked or \
                 written for{no_change}"
            ))
            .evidence("SQLite", message.as_str(), "", "the statement, tried in memory");
        cx.report(match change {
            Some(change) => finding.change(change),
            None => finding,
        });
    }
}

/// What gives the same without the refused words.
fn instead(table: &Table, clause: &Clause, column: &Column, definition: &str) -> Option<Change> {
    let (sql, name) = (table.sql(), quoted(&column.name));
    let drop = format!("ALTER TABLE {sql} DROP COLUMN {name}");
    if let Some(part) = column.of(|kind| kind == PartKind::Unique).next() {
        let rest = format!("{}{}", definition[..part.range.start].trim_end(), &definition[part.range.end..]);
        let index = quoted(&format!("{}_{}_key", table.name, column.name));
        let steps =
            [format!("ALTER TABLE {sql} ADD COLUMN {rest}"), format!("CREATE UNIQUE INDEX {index} ON {sql} ({name})")];
        return Some(
            Change::new(steps, "the file's write lock while the index is built")
                .back([format!("DROP INDEX {index}"), drop]),
        );
    }
    if let Some(part) = column.of(|kind| kind == PartKind::Generated { stored: true }).next() {
        let end = definition[..part.range.end].to_ascii_lowercase().rfind("stored")?;
        let virtual_one = format!("{}VIRTUAL{}", &definition[..end], &definition[end + "stored".len()..]);
        let lock = "the file's write lock for a moment";
        return Some(Change::new([format!("ALTER TABLE {sql} ADD COLUMN {virtual_one}")], lock).back([drop]));
    }
    let mut steps = rebuild_of(table.state.as_ref()?, &clause.action).ok()?;
    steps.insert(1, "BEGIN IMMEDIATE".to_owned());
    steps.extend(["COMMIT".to_owned(), "PRAGMA foreign_keys = ON".to_owned()]);
    let lock = "the file's write lock until the rows are copied";
    Some(Change::new(steps, lock).outside_transaction().back([drop]))
}
