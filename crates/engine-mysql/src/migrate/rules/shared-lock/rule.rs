//! `migrate/shared-lock`: a change in place that writers wait for.

use dbwright_core::Cx;

use crate::migrate::lint::{Cause, Effort, Scene};
use crate::migrate::ways::SHARED;

/// Reports statements that are done in place under a lock that keeps writers out.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    if altered.whole.way != SHARED {
        return;
    }
    let table = &altered.table;
    let because = match altered.whole.cause {
        Cause::NumberedColumn => "numbers are given to all rows, and nobody may add one meanwhile",
        Cause::ExpressionIndex => {
            "the values of the index come from an expression or a new virtual column, which no log of writes has; add the \
             column first and index it in a statement of its own"
        }
        Cause::HasFulltext => "a table with a FULLTEXT index is built anew without a log of writes",
        _ => return,
    };
    let effort = Effort { table, way: altered.whole.way };
    let finding = cx
        .finding(table.subject(), format!("the change {}", effort.says()))
        .why(format!("{because}; {}; `dbwright migrate apply` takes a way around it", effort.waits()));
    cx.report(effort.weigh(finding));
}
