//! `migrate/charset-change`: texts that are written anew in another character set or collation.

use dbwright_core::Cx;

use crate::migrate::lint::steps::{beside, quoted};
use crate::migrate::lint::{Cause, Effort, Scene};
use crate::migrate::parse::Action;
use crate::migrate::ways::COPY;

/// Reports changes of character sets and collations that copy the table.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in altered.parts.iter().filter(|part| part.verdict.cause == Cause::Charset && part.verdict.way == COPY) {
        let effort = Effort { table, way: part.verdict.way };
        let column = part.redefined();
        let (subject, what) = match (&part.clause.action, &column) {
            (Action::Convert, _) => (table.subject(), format!("converting {} to another character set", table.sql())),
            (_, Some((column, _))) => {
                (table.subject_in(column), format!("another character set or collation of {}", quoted(column)))
            }
            _ => continue,
        };
        let unless = if part.verdict.certain { "" } else { ", unless it has that one already" };
        let mut finding = cx
            .finding(subject, format!("{what} {}{unless}", effort.says()))
            .why(format!(
                "every text is written anew, and indexes over texts with it; {}; `dbwright migrate apply` copies the table beside \
                 itself instead; a foreign key over a text needs the same character set on both sides",
                effort.waits()
            ))
            .at(part.place.clone());
        if let Some(change) = column.and_then(|(column, new)| beside(table, column, &new)) {
            finding = finding.change(change);
        }
        let finding = effort.weigh(finding);
        cx.report(if part.verdict.certain { finding } else { finding.severity(dbwright_core::Severity::Medium) });
    }
}
