//! `migrate/no-lock-timeout`: a waiting statement queues all traffic behind it.

use crate::migrate::LockMode;
use dbwright_core::{Change, Cx};

use crate::ddl::Act;
use crate::migrate::lint::{Scene, Taken, taken};

/// Reports the first statement of a file that can wait for a strong lock without end.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    // What `dbwright migrate apply` runs waits for a moment only, and tries again.
    if !scene.as_is
        || scene.lock_timeout()
        || scene.lines[..scene.at].iter().any(|line| strong(scene, &line.acts).is_some())
    {
        return;
    }
    let Some(lock) = strong(scene, scene.acts()) else { return };
    let change = Change::new(["SET lock_timeout = '2s'".to_owned(), scene.sql().to_owned()], "as the statement itself");
    let finding = cx
        .finding(lock.table.subject(), format!("waiting for {} on {} has no end", lock.mode.words(), lock.table.sql()))
        .why("while it waits behind a long query, whatever comes later waits behind it: the table stands still although nothing is \
              done; with a lock_timeout it fails instead and can be tried again, which `dbwright migrate apply` does by itself")
        .evidence("lock_timeout", "not set in the file", "", "the file")
        .change(change.irreversible("a setting of the session"));
    cx.report(finding);
}

/// A lock on a table in use that makes writers wait.
fn strong(scene: &Scene, acts: &[Act]) -> Option<Taken> {
    let mut locks = acts.iter().flat_map(|act| taken(scene, act));
    locks.find(|lock| lock.mode > LockMode::Share && !lock.table.quiet())
}
