//! `migrate/create-trigger`: a lock that everybody queues behind.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::read::stored::stored;
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Scene, known};
use crate::migrate::parse::{Act, Kind};

/// Reports triggers that wait for their table without limit.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Create { kind: Kind::Trigger, .. } = scene.act() else { return };
    if !scene.as_is || scene.lock_timeout() {
        return;
    }
    let Some(made) = stored(scene.sql()) else { return };
    let Some(table) = made.table.as_ref().map(|name| scene.world.table(name)).filter(|table| !table.quiet()) else {
        return;
    };
    let name = quoted(&made.name.name);
    let steps = ["SET SESSION lock_wait_timeout = 2".to_owned(), scene.sql().to_owned()];
    let finding = cx
        .finding(table.subject_in(&made.name.name), format!("CREATE TRIGGER {name} waits without limit for the metadata lock of {}", table.sql()))
        .why("while it waits behind a running transaction, every later read and write queues behind it; from then on each write runs the trigger")
        .change(Change::new(steps, "the exclusive metadata lock for a moment, given up after 2 s").outside_transaction());
    cx.report(known(finding, &table));
}
