//! `migrate/truncate-table`: all rows go, and readers wait.

use dbwright_core::Cx;

use crate::ddl::Act;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports TRUNCATE of tables with rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let truncated = scene.acts().iter().flat_map(|act| match act {
        Act::Truncate { tables, .. } => tables.as_slice(),
        _ => &[],
    });
    for name in truncated {
        let table = scene.world.table(name);
        if table.quiet() {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
        let finding = cx.finding(table.subject(), format!("TRUNCATE removes all rows of {}", table.sql())).why(
            "no undo brings them back, running queries are waited for and whatever comes later waits behind; no change is shown: \
             when the rows are really wanted away, say so in a comment, or delete them in batches",
        );
        cx.report(effort.weigh(finding));
    }
}
