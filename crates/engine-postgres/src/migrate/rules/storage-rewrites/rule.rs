//! `migrate/storage-rewrites`: all of it is copied under the strongest lock.

use dbwright_core::Cx;

use crate::ddl::{Act, Action};
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports changes of tablespace, persistence and access method.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.busy_clauses() {
        let what = match &clause.action {
            Action::SetTablespace { to } => format!("moving it to the tablespace {to}"),
            Action::SetLogged(true) => "SET LOGGED".to_owned(),
            Action::SetLogged(false) => "SET UNLOGGED".to_owned(),
            Action::SetAccessMethod { to } => format!("changing its access method to {to}"),
            _ => continue,
        };
        // Of a partitioned table these change the catalog alone.
        if table.partitioned() {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Rewrite, lock: "ACCESS EXCLUSIVE" };
        let finding = cx
            .finding(table.subject(), format!("{what} {}", effort.says()))
            .why(format!(
                "{}; no statement shortens that: `dbwright migrate apply` copies the table beside itself while it is in use, and \
                 switches over in a moment",
                effort.waits()
            ))
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
    if let Some(Act::MoveAll { text, .. }) = scene.acts().iter().find(|act| matches!(act, Act::MoveAll { .. })) {
        let finding = cx
            .finding("database", "moving all of a tablespace copies every table of it under ACCESS EXCLUSIVE")
            .why(
                "reads and writes of each wait until its copy is done; move the tables one by one, the large ones with \
                  `dbwright migrate apply`",
            )
            .evidence("statement", text.as_str(), "", "the file");
        cx.report(finding);
    }
}
