//! `migrate/ddl-with-backfill`: the lock is held while rows are moved.

use crate::migrate::LockMode;
use dbwright_core::Cx;

use crate::ddl::Act;
use crate::migrate::lint::Scene;

/// Reports writes of many rows in a transaction that holds a strong lock.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some((locked, mode, line)) = scene.strongest_held() else { return };
    if mode < LockMode::Share || locked.quiet() {
        return;
    }
    let written = scene.acts().iter().find_map(|act| match act {
        Act::Update { table, limited: false, .. }
        | Act::Delete { table, limited: false, .. }
        | Act::Insert { table, from_query: true, .. }
        | Act::Merge { table }
        | Act::CopyFrom { table } => Some(table),
        _ => None,
    });
    let Some(table) = written.map(|name| scene.world.table(name)) else { return };
    if table.quiet() {
        return;
    }
    let finding = cx
        .finding(table.subject(), format!("rows of {} are moved while {} is locked since line {line}", table.sql(), locked.sql()))
        .why(format!(
            "{} on {} is held until all rows are moved and the transaction ends; no change is shown: end the transaction first, then move \
             the rows in batches",
            mode.words(),
            locked.sql()
        ))
        .evidence("lock", mode.words(), "", "the statement before")
        .evidence("held since line", line, "", "the file");
    cx.report(finding);
}
