//! `migrate/foreign-key-mismatch`: every write fails, but not the statement that makes it.

use dbwright_core::Cx;

use crate::migrate::lint::{Line, Scene};
use crate::migrate::parse::{Act, Kind};

/// Reports foreign keys to columns that are not unique.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(message) = &scene.trial.mismatch else { return };
    let Some(name) = scene.line().table() else { return };
    let parent = message.rsplit('"').nth(1).unwrap_or_default().to_owned();
    let mends = |line: &Line| matches!(&line.act, Act::Create { kind: Kind::Index, unique: true, on: Some(on), .. } if on.eq_ignore_ascii_case(&parent));
    if scene.after().iter().any(mends) {
        return;
    }
    let finding = cx
        .finding(
            dbwright_sql::Dialect::Sqlite.subject(&["main", name]),
            format!("the foreign key to {parent} can't be enforced: {message}"),
        )
        .why(
            "its columns are neither the primary key of the other table nor have they a unique index for all rows, in their own collation; \
             with foreign keys on, every insert here and every delete there fails; no change is shown: make that unique index",
        )
        .evidence("SQLite", message.as_str(), "", "PRAGMA foreign_key_check, in memory");
    cx.report(finding);
}
