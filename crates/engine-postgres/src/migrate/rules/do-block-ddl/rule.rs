//! `migrate/do-block-ddl`: all of them run in one transaction, and nobody can plan them.

use crate::migrate::LockMode;
use dbwright_core::Cx;

use crate::ddl::Act;
use crate::migrate::lint::{Scene, Table, taken};

/// Reports DO blocks that change tables in use.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if scene.part != 0 || !scene.acts().iter().any(|act| matches!(act, Act::Do { .. })) {
        return;
    }
    let inner: Vec<&Act> = scene.lines[scene.at].inner.iter().flat_map(|inner| &inner.acts).collect();
    // What the block itself makes nobody else can use yet.
    let own = |table: &Table| {
        inner.iter().any(
            |act| matches!(act, Act::CreateTable(made) if scene.world.table(&made.name).subject() == table.subject()),
        )
    };
    let mut locks = inner.iter().flat_map(|act| taken(scene, act));
    let found = locks.find(|lock| lock.mode >= LockMode::Share && !lock.table.quiet() && !own(&lock.table));
    let Some(lock) = found else { return };
    let unknown = lock.table.name == "dbwright_unknown";
    let what = if unknown { "tables whose names it puts together".to_owned() } else { lock.table.sql() };
    let finding = cx
        .finding(lock.table.subject(), format!("a DO block changes {what} in one transaction with all else in it"))
        .why("its locks are held until the block ends, and `dbwright migrate apply` can't take it apart into steps; no change is shown: write \
              the statements into the file themselves")
        .evidence("strongest lock", lock.mode.words(), "", "the statements in the block");
    cx.report(finding);
}
