//! `migrate/create-trigger`: a lock that writers queue behind.

use dbwright_core::{Change, Cx};

use crate::ddl::Act;
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports triggers that wait for their table without limit.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if scene.lock_timeout() {
        return;
    }
    for act in scene.acts() {
        let Act::CreateTrigger { name, table, .. } = act else { continue };
        let table = scene.world.table(table);
        if table.quiet() {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "SHARE ROW EXCLUSIVE" };
        let steps = ["SET lock_timeout = '2s'".to_owned(), scene.sql().to_owned()];
        let finding = cx
            .finding(table.subject_in(name), format!("CREATE TRIGGER {} waits without limit for a lock on {} against writes", quoted(name), table.sql()))
            .why("while it waits behind a running writer, every later writer queues behind it; from then on each write runs the trigger")
            .change(Change::new(steps, "SHARE ROW EXCLUSIVE for a moment, given up after 2 s"));
        cx.report(effort.weigh(finding));
    }
}
