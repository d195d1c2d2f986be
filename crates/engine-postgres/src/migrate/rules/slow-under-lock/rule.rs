//! `migrate/slow-under-lock`: the lock is held for as long as the transaction lasts.

use crate::migrate::LockMode;
use dbwright_core::Cx;

use crate::ddl::{Act, Action};
use crate::migrate::lint::Scene;

/// Reports statements that take their time in a transaction that holds ACCESS EXCLUSIVE.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some((table, LockMode::AccessExclusive, line)) = scene.strongest_held() else { return };
    if table.quiet() {
        return;
    }
    let Some((what, on)) = scene.acts().iter().find_map(|act| slow(scene, act)) else { return };
    let finding = cx
        .finding(table.subject(), format!("{what} on {on} runs while {} is locked since line {line}", table.sql()))
        .why(format!(
            "reads and writes of {} wait until the transaction ends, so for as long as this takes; no change is shown: end the \
             transaction before it",
            table.sql()
        ))
        .evidence("lock", "ACCESS EXCLUSIVE", "", "the statement before")
        .evidence("held since line", line, "", "the file");
    cx.report(finding);
}

/// What takes its time, and on which table.
fn slow(scene: &Scene, act: &Act) -> Option<(&'static str, String)> {
    let (what, name) = match act {
        Act::CreateIndex(index) if !index.concurrently => ("building an index", &index.table),
        Act::Refresh { name, .. } => ("refreshing a view", name),
        Act::Alter { name, clauses, .. } => {
            let validates = clauses.iter().any(|clause| matches!(clause.action, Action::ValidateConstraint { .. }));
            ("validating a constraint", if validates { name } else { return None })
        }
        _ => return None,
    };
    let table = scene.world.table(name);
    (!table.quiet()).then(|| (what, table.sql()))
}
