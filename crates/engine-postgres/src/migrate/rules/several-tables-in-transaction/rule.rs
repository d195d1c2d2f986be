//! `migrate/several-tables-in-transaction`: two such transactions can wait for each other.

use crate::migrate::LockMode;
use std::collections::BTreeSet;

use dbwright_core::Cx;

use crate::migrate::lint::{Scene, taken};

/// Reports the statement that locks a second table while one is locked.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(transaction) = &scene.transaction else { return };
    let strong =
        transaction.locks.iter().filter(|(lock, _)| lock.mode == LockMode::AccessExclusive && !lock.table.quiet());
    let held: BTreeSet<String> = strong.map(|(lock, _)| lock.table.subject()).collect();
    if held.len() != 1 {
        return;
    }
    let locks = scene.acts().iter().flat_map(|act| taken(scene, act));
    let other = locks.into_iter().find(|lock| {
        lock.mode == LockMode::AccessExclusive && !lock.table.quiet() && !held.contains(&lock.table.subject())
    });
    let (Some(lock), Some(first)) = (other, held.first()) else { return };
    let finding = cx
        .finding(lock.table.subject(), format!("{} is locked while {first} still is", lock.table.sql()))
        .why("both stand still until the transaction ends, and a query that uses them in the other order deadlocks with it; no change is \
              shown: give each table a transaction of its own")
        .evidence("locked before", first.as_str(), "", "the file");
    cx.report(finding);
}
