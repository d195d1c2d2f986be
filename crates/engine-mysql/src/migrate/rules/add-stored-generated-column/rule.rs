//! `migrate/add-stored-generated-column`: values that are written into every row.

use dbwright_core::Cx;

use crate::migrate::lint::steps::{LOCK_NONE, ddl, online, quoted, typed};
use crate::migrate::lint::{Cause, Definition, Effort, Scene};
use crate::migrate::ways::COPY;

/// Reports generated columns that are stored.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in
        altered.parts.iter().filter(|part| part.verdict.cause == Cause::StoredColumn && part.verdict.way == COPY)
    {
        let redefined = part.redefined();
        let columns = part.added().into_iter().chain(redefined);
        for (column, new) in columns.filter(|(_, new)| new.generated.as_ref().is_some_and(|generated| generated.stored))
        {
            let effort = Effort { table, way: part.verdict.way };
            let mut finding = cx
                .finding(table.subject_in(column), format!("the stored column {} {}", quoted(column), effort.says()))
                .why(format!(
                    "its value is written into every row; {}; a VIRTUAL column gives the same value when it is read, is added in an \
                     instant, and can be indexed",
                    effort.waits()
                ))
                .at(part.place.clone());
            if table.column(column).is_none() {
                finding = finding.change(ddl(vec![online(table, &virtually(column, &new))], LOCK_NONE));
            }
            cx.report(effort.weigh(finding));
        }
    }
}

/// The same column, made when it is read.
fn virtually(column: &str, new: &Definition) -> String {
    let expression = new.generated.as_ref().map(|generated| generated.expression.as_str()).unwrap_or_default();
    format!("ADD COLUMN {} {} AS ({expression}) VIRTUAL", quoted(column), typed(new))
}
