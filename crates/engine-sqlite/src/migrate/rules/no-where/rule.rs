//! `migrate/no-where`: every row is changed.

use dbwright_core::Cx;

use crate::migrate::lint::{Scene, Table, Work};
use crate::migrate::parse::Act;

/// Reports UPDATE and DELETE of all rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let verb = match scene.act() {
        Act::Update { filtered: false, .. } => "UPDATE",
        Act::Delete { filtered: false, .. } => "DELETE",
        _ => return,
    };
    let own = |table: &&Table| !table.name.to_lowercase().starts_with("sqlite_");
    let Some(table) = scene.busy().filter(own) else { return };
    let finding = cx
        .finding(table.subject(), format!("{verb} without WHERE changes every row of {}", table.sql()))
        .why(format!(
            "a forgotten condition looks just like this, and whoever writes to the file waits until the last row is done{}; no change is \
             shown: where all rows are meant, change them in batches, each in a transaction of its own",
            table.aside(Work::Rows)
        ));
    cx.report(table.weigh(finding, Work::Rows));
}
