//! `migrate/detach-blocking`: all partitions stand still.

use dbwright_core::{Change, Cx};

use crate::ddl::Action;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports partitions that are detached under the strongest lock.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.busy_clauses() {
        let Action::DetachPartition { name, concurrently: false, finalize: false } = &clause.action else { continue };
        let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
        let part = scene.world.table(name);
        let finding = cx
            .finding(part.subject(), format!("detaching {} locks the whole of {}", part.sql(), table.sql()))
            .why("ACCESS EXCLUSIVE on the parent waits for every query on any partition, and whatever comes later waits behind")
            .at(scene.place_of(clause));
        let finding = effort.weigh(finding);
        let change = Change::new(
            [format!("ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY", table.sql(), part.sql())],
            "SHARE UPDATE EXCLUSIVE",
        );
        cx.report(
            finding
                .change(change.outside_transaction().irreversible("attach it again with its bounds").versions("14+")),
        );
    }
}
