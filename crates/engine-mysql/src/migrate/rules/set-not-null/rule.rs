//! `migrate/set-not-null`: rows with NULL, and code that still writes it.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene};

/// Reports columns that take no NULL any more.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    let table = &altered.table;
    for part in &altered.parts {
        let Some((column, new)) = part.redefined() else { continue };
        let Some(old) = table.column(column).map(|known| &known.definition) else { continue };
        if old.not_null || !new.not_null || new.generated.is_some() {
            continue;
        }
        let name = quoted(column);
        let effort = Effort { table, way: part.verdict.way };
        let (fate, severity) = if scene.strict() {
            ("one row with NULL makes it fail, after all rows were gone through", Severity::Low)
        } else {
            (
                "sql_mode is not strict: NULL becomes 0 or an empty text without an error, and the table may be copied under a lock",
                Severity::High,
            )
        };
        let finding = cx
            .finding(table.subject_in(column), format!("{name} takes no NULL any more: the change {}", effort.says()))
            .why(format!(
                "{fate}; code that still writes NULL, or leaves the column out where it has no default, fails from then on; no change is \
                 shown: fill rows with NULL in batches first (SELECT COUNT(*) FROM {} WHERE {name} IS NULL counts them)",
                table.sql()
            ))
            .at(part.place.clone());
        cx.report(effort.weigh(finding).severity(severity));
    }
}
