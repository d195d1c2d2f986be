//! `migrate/create-index-blocking`: the only write lock of the file.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::quoted;
use crate::migrate::lint::{Scene, Work};
use crate::migrate::parse::{Act, Kind};

/// Reports indexes on tables that are large, as far as is known.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Create { kind: Kind::Index, name, .. } = scene.act() else { return };
    let Some(table) = scene.busy().filter(|table| scene.trial.refusal.is_none() && !table.brief(Work::Index)) else {
        return;
    };
    let long = table.ms(Work::Index).is_some_and(|ms| ms > cx.limit("ms"));
    let finding = cx
        .finding(table.subject_in(name), format!("CREATE INDEX {} {}", quoted(name), table.effort(Work::Index)))
        .why(
            "whoever writes to the file waits until it is done, or fails with SQLITE_BUSY when its busy timeout ends; reads go on in WAL mode; no \
             change is shown, because SQLite has no other way to build one: choose the time, and a busy timeout that outlasts it",
        )
        .severity(if long { Severity::Medium } else { Severity::Low });
    cx.report(table.weigh(finding, Work::Index));
}
