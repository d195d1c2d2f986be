//! `migrate/rebuild-unchecked`: nobody looks whether rows still refer to rows.

use dbwright_core::Cx;

use crate::migrate::lint::{Keys, Scene};
use crate::migrate::parse::Act;

/// Reports rebuilds with foreign keys off after which nothing checks them.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(table) = scene.busy().filter(|_| scene.as_is && scene.keys == Keys::Off) else { return };
    let Some(rebuild) = scene.rebuild() else { return };
    let checks = |line: &crate::migrate::lint::Line| {
        matches!(&line.act, Act::Pragma { name, .. } if name == "foreign_key_check")
            || line.sql.contains("pragma_foreign_key_check")
    };
    let own =
        table.state.as_ref().is_some_and(|state| state.text.create("x").to_ascii_lowercase().contains("references"));
    let concerned = !scene.world.complete(&table.name) || own || !scene.world.children(&table.name).is_empty();
    if rebuild.after.iter().any(checks) || !concerned {
        return;
    }
    let finding = cx
        .finding(table.subject(), format!("nothing checks the foreign keys of {} after it is made anew", table.sql()))
        .why(
            "foreign keys are off meanwhile, so that a row that was not copied leaves rows that refer to nothing, and SQLite never looks at \
             them again; no change is shown: run `PRAGMA foreign_key_check` before COMMIT, and roll back when it yields a row",
        )
        .evidence("foreign_key_check", "none", "", "the statements after it");
    cx.report(finding);
}
