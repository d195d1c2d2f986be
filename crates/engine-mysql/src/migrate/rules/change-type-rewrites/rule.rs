//! `migrate/change-type-rewrites`: a type whose values are stored in another form.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::steps::{beside, quoted};
use crate::migrate::lint::{Cause, Effort, Scene};
use crate::migrate::ways::COPY;

/// Reports type changes that copy the table.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in &altered.parts {
        let Some((column, new)) = part.redefined() else { continue };
        if part.verdict.cause != Cause::Type || part.verdict.way != COPY {
            continue;
        }
        let old = table.column(column).map(|known| known.definition.ty());
        let effort = Effort { table, way: part.verdict.way };
        let name = quoted(column);
        let was = old.map(|ty| format!(" from {ty}")).unwrap_or_default();
        let unless = if part.verdict.certain { "" } else { ", unless it has that type already" };
        let title = format!("changing {name}{was} to {} {}{unless}", new.ty(), effort.says());
        let mut finding = cx
            .finding(table.subject_in(column), title)
            .why(format!(
                "the old values are not stored as the new type stores them; {}; `dbwright migrate apply` copies the table beside \
                 itself instead, and readers and writers go on",
                effort.waits()
            ))
            .at(part.place.clone());
        if let Some(change) = beside(table, column, &new) {
            finding = finding.change(change);
        }
        let finding = effort.weigh(finding);
        cx.report(if part.verdict.certain { finding } else { finding.severity(Severity::Medium) });
    }
}
