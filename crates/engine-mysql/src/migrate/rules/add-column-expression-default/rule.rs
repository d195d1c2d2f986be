//! `migrate/add-column-expression-default`: a new column whose default the server reckons for each row.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::steps::{batched, ddl, online, quoted, typed};
use crate::migrate::lint::{Cause, Definition, Effort, Scene, Table};
use crate::migrate::ways::COPY;

/// Reports columns that are added with an expression as their default.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in
        altered.parts.iter().filter(|part| part.verdict.cause == Cause::ExpressionDefault && part.verdict.way == COPY)
    {
        for (column, new) in part.added() {
            let Some(value) = new.expression_default() else { continue };
            let effort = Effort { table, way: part.verdict.way };
            let finding = cx
                .finding(table.subject_in(column), format!("adding {} with DEFAULT {value} {}", quoted(column), effort.says()))
                .why(format!(
                    "a default that is an expression is reckoned for each row, so that the table is copied; {}; a column without a \
                     default is added in an instant, gets its default for new rows in an instant, and old rows their values in batches",
                    effort.waits()
                ))
                .change(change(table, column, &new, value))
                .at(part.place.clone());
            cx.report(effort.weigh(finding));
        }
    }
}

fn change(table: &Table, column: &str, new: &Definition, value: &str) -> Change {
    let name = quoted(column);
    let default = if value.starts_with('(') { value.to_owned() } else { format!("({value})") };
    let mut forward = vec![
        online(table, &format!("ADD COLUMN {name} {} NULL", typed(new))),
        online(table, &format!("ALTER COLUMN {name} SET DEFAULT {default}")),
        batched(table, &format!("{name} = {value}"), &format!("{name} IS NULL")),
    ];
    if new.not_null {
        forward.push(online(table, &format!("MODIFY COLUMN {name} {}", new.text)));
    }
    ddl(forward, "an instant for each; a batch locks its rows alone")
}
