//! `migrate/table-options-refused`: declarations that do not go together.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;
use crate::migrate::parse::{Act, Kind};

/// Reports tables whose options SQLite refuses.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let (Act::Create { kind: Kind::Table, name, .. }, Some(message)) = (scene.act(), &scene.trial.refusal) else {
        return;
    };
    let Some(rule) = rule(message) else { return };
    let finding = cx
        .finding(dbwright_sql::Dialect::Sqlite.subject(&["main", name]), format!("SQLite refuses the table: {message}"))
        .why(format!("{rule}; no change is shown, because only you know which of the two was meant"))
        .evidence("SQLite", message.as_str(), "", "the statement, tried in memory");
    cx.report(finding);
}

/// The rule behind a refusal; none when it is about something else.
pub(super) fn rule(message: &str) -> Option<&'static str> {
    let begins = |words: &str| message.starts_with(words);
    if begins("unknown datatype") || begins("missing datatype") {
        return Some(
            "a STRICT table knows the types INT, INTEGER, REAL, TEXT, BLOB and ANY, and every column must have one",
        );
    }
    if begins("PRIMARY KEY missing") {
        return Some("a WITHOUT ROWID table is kept in the order of its primary key, so it must have one");
    }
    if begins("AUTOINCREMENT") {
        return Some(
            "AUTOINCREMENT goes with INTEGER PRIMARY KEY in a table with a rowid alone, and without it keys count up as well",
        );
    }
    None
}
