//! `migrate/lock-table`: everybody waits until the transaction ends.

use crate::migrate::LockMode;
use dbwright_core::Cx;

use crate::ddl::Act;
use crate::migrate::lint::Scene;

/// Reports LOCK TABLE in modes that make writers wait.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::LockTable { tables, mode, .. } = act else { continue };
        if !LockMode::read(mode).is_some_and(LockMode::stops_writers) {
            continue;
        }
        for name in tables {
            let table = scene.world.table(name);
            if table.quiet() {
                continue;
            }
            let who = if mode == "ACCESS EXCLUSIVE" { "reads and writes" } else { "writes" };
            let finding = cx
                .finding(table.subject(), format!("LOCK TABLE … IN {mode} MODE makes {who} of {} wait until the transaction ends", table.sql()))
                .why("each statement takes the lock that it needs by itself; one that is taken before is only held for longer; \
                      no change is shown: leave it out")
                .evidence("lock", mode.as_str(), "", "the statement");
            cx.report(finding);
        }
    }
}
