//! `migrate/cluster-vacuum-full`: the table is written anew under the strongest lock.

use dbwright_core::Cx;

use crate::ddl::Act;
use crate::migrate::lint::{Effort, Scene, TableRef, Work};

/// Reports CLUSTER and VACUUM FULL.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let (word, names) = match act {
            Act::Cluster { table } => ("CLUSTER", table.iter().cloned().collect()),
            Act::Vacuum { full: true, tables, .. } => ("VACUUM FULL", tables.clone()),
            _ => continue,
        };
        let tables: Vec<TableRef> = names.iter().map(|name| scene.world.table(name)).collect();
        if tables.is_empty() {
            let finding = cx
                .finding("database", format!("{word} without a table rewrites every table under ACCESS EXCLUSIVE"))
                .why("each table stands still until its copy is done; name the ones that need it")
                .evidence("tables", "all", "", "the statement");
            cx.report(finding);
        }
        for table in tables.iter().filter(|table| !table.quiet()) {
            let effort = Effort { table, work: Work::Rewrite, lock: "ACCESS EXCLUSIVE" };
            let finding = cx.finding(table.subject(), format!("{word} {}", effort.says())).why(format!(
                "{}; plain VACUUM makes the room usable again without that, and `dbwright migrate apply` does it beside the table",
                effort.waits()
            ));
            cx.report(effort.weigh(finding));
        }
    }
}
