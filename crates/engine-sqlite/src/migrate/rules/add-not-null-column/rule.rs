//! `migrate/add-not-null-column`: a column that rows that are there can't have.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::quoted;
use crate::migrate::lint::{Outcome, Scene};
use crate::migrate::parse::Action;
use crate::observe::affinity;

/// Reports new columns that must have a value and get none.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, outcome) in scene.clauses() {
        let (Action::AddColumn { column, definition, .. }, Outcome::Refused(message)) = (&clause.action, outcome)
        else {
            continue;
        };
        if !message.contains("NOT NULL column") {
            continue;
        }
        let name = quoted(&column.name);
        let known = table.rows.is_some_and(|rows| rows > 0.0);
        let fails = if known { "fails: the table holds rows" } else { "fails as soon as the table holds a row" };
        let value = match affinity(column.ty.as_ref().map_or("", |ty| &definition[ty.clone()]), false) {
            "text" => "''",
            "blob" => "x''",
            _ => "0",
        };
        let sql = format!("ALTER TABLE {} ADD COLUMN {} DEFAULT {value}", table.sql(), without_default(definition));
        let change = Change::new([sql], "the file's write lock for a moment")
            .back([format!("ALTER TABLE {} DROP COLUMN {name}", table.sql())]);
        let finding = cx
            .finding(table.subject_in(&column.name), format!("adding {name} NOT NULL without a default {fails}"))
            .why(
                "rows that are there would have no value in it, and inserts of code that does not know the column fail too; a constant \
                 default costs nothing: it is kept once, in the schema",
            )
            .evidence("SQLite", message.as_str(), "", "the statement, tried in memory")
            .change(change);
        cx.report(table.numbers(finding));
    }
}

/// A definition without `DEFAULT NULL`.
fn without_default(definition: &str) -> String {
    let at = definition.to_ascii_lowercase().find("default null");
    at.map_or_else(|| definition.to_owned(), |at| format!("{}{}", definition[..at].trim_end(), &definition[at + 12..]))
}
