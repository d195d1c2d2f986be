//! `migrate/breaks-dependents`: views and triggers that SQLite does not look at before they are used.

use dbwright_core::Cx;

use crate::migrate::lint::{Scene, Table};
use crate::migrate::parse::{Act, Kind};

/// Reports statements that leave a view or trigger behind that can't work.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(message) = &scene.trial.broken else { return };
    // In the middle of a rebuild the name is taken over a few lines later.
    if matches!(scene.act(), Act::Drop { kind: Kind::Table | Kind::View, name, .. } if scene.taken_over(name)) {
        return;
    }
    let subject = scene.table.as_ref().map_or_else(|| scene.file.clone(), Table::subject);
    let finding = cx
        .finding(subject, format!("after this statement there is an {message}"))
        .why(
            "SQLite looks into views and triggers when they are used: reads of the view, or writes that fire the trigger, fail from now on, and \
             so does every later rename or DROP COLUMN in the whole file; no change is shown, because only you know what it should say",
        )
        .evidence("SQLite", message.as_str(), "", "the schema after the statement, in memory");
    cx.report(finding);
}
