//! `migrate/add-check`: a CHECK that is checked by copying the table.

use dbwright_core::Cx;

use crate::migrate::lint::{Cause, Effort, Scene};
use crate::migrate::ways::COPY;

/// Reports CHECKs that are added to tables with rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in altered.parts.iter().filter(|part| part.verdict.cause == Cause::Check && part.verdict.way == COPY) {
        let effort = Effort { table, way: part.verdict.way };
        let finding = cx
            .finding(table.subject(), format!("adding a CHECK to {} {}", table.sql(), effort.says()))
            .why(format!(
                "the server checks all rows by copying the table, and the first that breaks it makes it fail; {}; `dbwright migrate \
                 apply` copies the table beside itself instead, with the CHECK on it",
                effort.waits()
            ))
            .at(part.place.clone());
        cx.report(effort.weigh(finding));
    }
}
