//! `migrate/rebuild-deletes-children`: with foreign keys enforced, `DROP TABLE` deletes every row first.

use dbwright_core::words::some_of;
use dbwright_core::{Change, Cx, Severity};

use crate::migrate::lint::{Keys, Scene};
use crate::migrate::parse::{Act, Kind};

/// Reports tables that are dropped while rows of others refer to them.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Drop { kind: Kind::Table, name, .. } = scene.act() else { return };
    // dbwright's own session switches foreign keys off around the statement, and checks them afterwards.
    let Some(table) = scene.busy().filter(|_| scene.as_is && scene.keys != Keys::Off) else { return };
    let children = scene.world.children(name);
    let unknown = !scene.world.complete(name);
    if children.is_empty() && !(unknown && scene.rebuild().is_some()) {
        return;
    }
    let names: Vec<String> = children.iter().map(|(child, _)| child.clone()).collect();
    let does = |action: &str| children.iter().any(|(_, on_delete)| on_delete == action);
    let what = if does("CASCADE") {
        format!("deletes the rows of {} that refer to it", some_of(&names))
    } else if does("SET NULL") || does("SET DEFAULT") {
        format!("empties the references of {}", some_of(&names))
    } else if children.is_empty() {
        "does to the tables that refer to it what their foreign keys say: ON DELETE CASCADE deletes their rows"
            .to_owned()
    } else {
        format!("fails, because rows of {} refer to it", some_of(&names))
    };
    let on = if scene.keys == Keys::On { "" } else { ", where the connection enforces foreign keys" };
    let severity = match (scene.keys, does("CASCADE")) {
        (Keys::On, true) => Severity::Critical,
        (_, true) | (Keys::On, false) => Severity::High,
        _ => Severity::Medium,
    };
    let inside = if scene.transaction.is_some() {
        ", before the transaction begins, as it does nothing inside of one"
    } else {
        ""
    };
    let change = Change::new(["PRAGMA foreign_keys = OFF".to_owned(), scene.sql().to_owned()], "the file's write lock")
        .outside_transaction()
        .irreversible("the table is gone");
    let finding = cx
        .finding(table.subject(), format!("DROP TABLE {} {what}{on}", table.sql()))
        .severity(severity)
        .why(format!(
            "SQLite deletes all rows before it drops a table, with all that foreign keys make of that; SQLite's own default is not to \
             enforce them, that of most frameworks is to do so: switch them off{inside}, and check them at the end"
        ))
        .change(change);
    cx.report(table.numbers(finding));
}
