//! `migrate/add-not-null-column`: a column that old code doesn't fill.

use dbwright_core::Cx;

use crate::migrate::lint::steps::{LOCK_NONE, ddl, online, quoted, typed};
use crate::migrate::lint::{Effort, Scene};

/// Reports NOT NULL columns that are added without a default.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy().filter(|_| scene.strict()) else { return };
    let table = &altered.table;
    for part in &altered.parts {
        for (column, new) in part.added() {
            let filled = new.default.is_some() || new.auto_increment || new.generated.is_some();
            if !new.not_null || filled {
                continue;
            }
            let effort = Effort { table, way: part.verdict.way };
            let name = quoted(column);
            let clause = format!("ADD COLUMN {name} {} NULL", typed(&new));
            let finding = cx
                .finding(table.subject_in(column), format!("code that doesn't know {name} can't insert rows any more"))
                .why(
                    "the column has no default, and sql_mode is strict: an INSERT that doesn't name it fails (1364) from this moment until \
                     the new code runs everywhere; rows that are there get 0 or an empty text; give it a default, or add it with NULL and \
                     set NOT NULL when all code fills it",
                )
                .change(ddl(vec![online(table, &clause)], LOCK_NONE))
                .at(part.place.clone());
            cx.report(effort.weigh(finding));
        }
    }
}
