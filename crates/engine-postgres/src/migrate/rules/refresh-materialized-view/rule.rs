//! `migrate/refresh-materialized-view`: reads wait while the view's query runs.

use dbwright_core::{Change, Cx};

use crate::ddl::Act;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports refreshes that lock readers out.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::Refresh { name, concurrently: false, with_data: true } = act else { continue };
        let view = scene.world.table(name);
        if view.quiet() {
            continue;
        }
        let effort = Effort { table: &view, work: Work::Rewrite, lock: "ACCESS EXCLUSIVE" };
        let sql = view.sql();
        let ready = view.indexes.iter().any(|index| index.unique && !index.partial && index.valid);
        let mut steps = Vec::new();
        if view.complete && !ready {
            let first = view.columns.first().map_or("…", |column| column.name.as_str());
            steps.push(format!(
                "CREATE UNIQUE INDEX CONCURRENTLY ON {sql} ({}) /* columns that are unique in the view */",
                dbwright_sql::Dialect::Postgres.name(first)
            ));
        }
        steps.push(format!("REFRESH MATERIALIZED VIEW CONCURRENTLY {sql}"));
        let finding = cx
            .finding(view.subject(), format!("refreshing {sql} locks readers out while its query runs"))
            .why("every read of the view waits until the end; CONCURRENTLY lets them go on, and needs a unique index over plain columns")
            .change(Change::new(steps, "EXCLUSIVE: reads go on").outside_transaction());
        cx.report(effort.weigh(finding));
    }
}
