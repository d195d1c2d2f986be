//! `migrate/foreign-key-locks-both-tables`: the other table is locked too.

use crate::migrate::LockMode;
use dbwright_core::{Change, Cx};

use crate::ddl::{Act, ConstraintKind};
use crate::migrate::lint::{Added, Effort, Scene, Work, taken};

/// Reports foreign keys that wait for another table without limit.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    // A key that is checked at once holds both locks for longer: that is told by a rule of its own.
    let checked = |added: &Added<'_>| !added.unchecked && matches!(added.kind, ConstraintKind::ForeignKey { .. });
    if scene.lock_timeout() || scene.added_constraints().any(|added| checked(&added)) {
        return;
    }
    for act in scene.acts().iter().filter(|act| matches!(act, Act::CreateTable(_) | Act::Alter { .. })) {
        let own = match act {
            Act::Alter { name, .. } => scene.world.table(name).subject(),
            _ => String::new(),
        };
        let others = taken(scene, act).into_iter().filter(|one| one.mode == LockMode::ShareRowExclusive);
        for one in others.filter(|one| one.table.subject() != own && !one.table.quiet()) {
            let effort = Effort { table: &one.table, work: Work::Moment, lock: "SHARE ROW EXCLUSIVE" };
            let name = one.table.sql();
            let steps = ["SET lock_timeout = '2s'".to_owned(), scene.sql().to_owned()];
            let finding = cx
                .finding(
                    one.table.subject(),
                    format!("the foreign key also locks {name} against writes, and waits for that without limit"),
                )
                .why("while it waits behind a running writer, every later writer of that table queues behind it")
                .change(Change::new(steps, "SHARE ROW EXCLUSIVE on both tables for a moment, given up after 2 s"));
            cx.report(effort.weigh(finding));
        }
    }
}
