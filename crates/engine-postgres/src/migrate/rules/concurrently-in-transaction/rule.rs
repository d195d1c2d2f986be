//! `migrate/concurrently-in-transaction`: what the server refuses.

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Action};
use crate::migrate::lint::Scene;

/// Reports concurrent statements in a transaction.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if !scene.in_transaction() {
        return;
    }
    for act in scene.acts() {
        let what = match act {
            Act::CreateIndex(index) if index.concurrently => "CREATE INDEX CONCURRENTLY",
            Act::Drop { concurrently: true, .. } => "DROP INDEX CONCURRENTLY",
            Act::Reindex { concurrently: true, .. } => "REINDEX CONCURRENTLY",
            Act::Alter { clauses, .. } => {
                let detaches =
                    clauses.iter().any(|one| matches!(one.action, Action::DetachPartition { concurrently: true, .. }));
                if !detaches {
                    continue;
                }
                "DETACH PARTITION CONCURRENTLY"
            }
            _ => continue,
        };
        let why = if scene.part > 0 {
            "a block runs in one transaction, and the server refuses this statement in it (25001)"
        } else if scene.transaction.as_ref().is_some_and(|transaction| transaction.explicit) {
            "the file has begun a transaction, and the server refuses this statement in it (25001)"
        } else {
            "the tool that reads this folder runs a file in one transaction, and the server refuses this statement in it (25001)"
        };
        let finding = cx
            .finding(
                scene.sql().split_whitespace().take(8).collect::<Vec<_>>().join(" "),
                format!("{what} fails in a transaction"),
            )
            .why(why)
            .evidence("SQLSTATE", "25001", "", "the server")
            .change(
                Change::new([scene.sql().to_owned()], "outside of a transaction: reads and writes go on")
                    .outside_transaction(),
            );
        cx.report(finding);
    }
}
