//! `migrate/modify-drops-attributes`: what a new definition of a column leaves out is gone.

use dbwright_core::Cx;

use crate::migrate::lint::steps::{ddl, quoted};
use crate::migrate::lint::{Effort, Scene};
use crate::migrate::parse::Action;
use crate::words::some_of;

/// Reports MODIFY and CHANGE that don't repeat what the column is.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in &altered.parts {
        let Some((column, new)) = part.redefined() else { continue };
        let Some(old) = table.column(column).map(|known| &known.definition) else { continue };
        // A column that becomes something else altogether keeps nothing.
        if new.generated.is_some() || old.generated.is_some() {
            continue;
        }
        let keyed = table.primary().is_some_and(|key| key.columns.iter().any(|own| own.eq_ignore_ascii_case(column)));
        let lost: Vec<String> = old.lost_in(&new).into_iter().filter(|what| !(keyed && what == "NOT NULL")).collect();
        // Whoever writes NULL means it.
        let meant = new.text.to_ascii_uppercase().split_whitespace().any(|word| word == "NULL") && !new.not_null;
        let lost: Vec<String> = lost.into_iter().filter(|what| !(meant && what == "NOT NULL")).collect();
        if lost.is_empty() {
            continue;
        }
        let name = quoted(column);
        let to = match &part.clause.action {
            Action::Change { to, .. } => format!("CHANGE COLUMN {name} {}", quoted(to)),
            _ => format!("MODIFY COLUMN {name}"),
        };
        let effort = Effort { table, way: part.verdict.way };
        let whole = format!("ALTER TABLE {} {to} {} {}", table.sql(), new.text, lost.join(" "));
        let finding = cx
            .finding(table.subject_in(column), format!("{name} loses {}, which the new definition doesn't repeat", some_of(&lost)))
            .why(
                "MODIFY and CHANGE define a column anew: what they don't say is gone, without a word; repeat it, or say NULL, DEFAULT NULL \
                 or COMMENT '' where that is meant",
            )
            .change(ddl(vec![whole], "as the statement's own"))
            .at(part.place.clone());
        cx.report(effort.weigh(finding));
    }
}
