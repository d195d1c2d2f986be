//! `migrate/no-lock-timeout`: a waiting statement queues all traffic behind it.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::read::stored::stored;
use crate::migrate::lint::{Line, Scene, TableRef};
use crate::migrate::parse::Act;
use crate::migrate::text::Cursor;

/// Reports the first statement of a file that can wait for a metadata lock without end.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    // What `dbwright migrate apply` runs waits for a moment only, and tries again.
    if !scene.as_is || scene.lock_timeout() || scene.before().iter().any(|line| exclusive(scene, line).is_some()) {
        return;
    }
    let Some(table) = exclusive(scene, scene.line()) else { return };
    let change = Change::new(
        ["SET SESSION lock_wait_timeout = 2".to_owned(), scene.sql().to_owned()],
        "as the statement itself",
    )
    .outside_transaction();
    let finding = cx
        .finding(table.subject(), format!("waiting for the metadata lock of {} has no end", table.sql()))
        .why("while it waits behind a long transaction, whatever comes later waits behind it: the table stands still although nothing is done; with a \
              lock_wait_timeout it fails instead and can be tried again, which `dbwright migrate apply` does by itself")
        .evidence("lock_wait_timeout", scene.setting("lock_wait_timeout").unwrap_or("not set in the file").to_owned(), "", "the file")
        .change(change.irreversible("a setting of the session"));
    cx.report(finding);
}

/// The table in use whose exclusive metadata lock a statement waits for.
fn exclusive(scene: &Scene, line: &Line) -> Option<TableRef> {
    let names = match &line.act {
        Act::Alter { table, .. } | Act::Truncate { table } => {
            if Cursor::new(&line.sql).seek(&["wait", "nowait"]) {
                return None;
            }
            vec![table.clone()]
        }
        Act::DropTable { tables, temporary: false, .. } => tables.clone(),
        Act::RenameTable { pairs } => pairs.iter().map(|(from, _)| from.clone()).collect(),
        Act::Create { .. } => vec![stored(&line.sql)?.table?],
        _ => return None,
    };
    names.iter().map(|name| scene.world.table(name)).find(|table| !table.quiet())
}
