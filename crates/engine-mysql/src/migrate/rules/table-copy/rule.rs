//! `migrate/table-copy`: a change for which the server copies the table, because of the table or the way that is asked for.

use dbwright_core::Cx;

use crate::migrate::lint::{Cause, Effort, Scene};
use crate::migrate::ways::COPY;

/// Reports statements that copy the table for a reason that no other rule tells.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    if altered.whole.way != COPY {
        return;
    }
    let table = &altered.table;
    let because = match altered.whole.cause {
        Cause::HasFulltext => {
            "a table with a FULLTEXT index keeps hidden numbers of its rows, so that nothing is done to its columns in place"
        }
        Cause::RowOrder => {
            "the rows are written anew in the order that ORDER BY says, which InnoDB doesn't keep: its rows are in the order of the primary key"
        }
        Cause::Attribute => "such an attribute of a column is changed by a copy alone",
        Cause::Column => "a virtual column is instant at the end of the table alone",
        Cause::Wanted => {
            "the statement asks for ALGORITHM=COPY; without it the server takes a way that holds up nobody"
        }
        _ => return,
    };
    let effort = Effort { table, way: altered.whole.way };
    let finding = cx.finding(table.subject(), format!("the change {}", effort.says())).why(format!(
        "{because}; {}; `dbwright migrate apply` takes a way around it, and readers and writers go on",
        effort.waits()
    ));
    cx.report(effort.weigh(finding));
}
