//! `migrate/varchar-crosses-255-bytes`: a text whose length takes two bytes from then on.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::steps::{beside, quoted};
use crate::migrate::lint::{Cause, Effort, Scene};
use crate::migrate::ways::COPY;

/// Reports texts that become so long that the server copies the table.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in altered.parts.iter().filter(|part| part.verdict.cause == Cause::LongerText && part.verdict.way == COPY)
    {
        let Some((column, new)) = part.redefined() else { continue };
        let name = quoted(column);
        let effort = Effort { table, way: part.verdict.way };
        let old = table.column(column).map(|known| format!(" from {}", known.definition.ty())).unwrap_or_default();
        let unless = if part.verdict.certain { "" } else { ", when it took no more than 255 bytes before" };
        let mut finding = cx
            .finding(table.subject_in(column), format!("widening {name}{old} to {} {}{unless}", new.ty(), effort.says()))
            .why(format!(
                "up to 255 bytes a text's length takes one byte in each row, above that two: on that way the server writes all rows \
                 anew; {}; `dbwright migrate apply` copies the table beside itself instead; up to 255 bytes (63 characters of \
                 utf8mb4) widening holds up nobody",
                effort.waits()
            ))
            .at(part.place.clone());
        if let Some(change) = beside(table, column, &new) {
            finding = finding.change(change);
        }
        let finding = effort.weigh(finding);
        cx.report(if part.verdict.certain { finding } else { finding.severity(Severity::Low) });
    }
}
