//! `migrate/set-not-null`: a scan for NULLs while nobody can read.

use dbwright_core::{Change, Cx};

use crate::ddl::Action;
use crate::migrate::lint::steps::{not_null, quoted};
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// Reports NOT NULL that has to be checked.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.busy_clauses() {
        let Action::SetNotNull { column } = &clause.action else { continue };
        if table.column(column).is_some_and(|known| known.not_null) || vouched(&table, column) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Scan, lock: "ACCESS EXCLUSIVE" };
        let finding = cx
            .finding(table.subject_in(column), format!("SET NOT NULL on {} {}", quoted(column), effort.says()))
            .why(format!(
                "the server looks for a NULL in every row; {}; a validated CHECK spares it that",
                effort.waits()
            ))
            .change(
                Change::new(
                    not_null(scene, &table, column),
                    "VALIDATE reads the table under SHARE UPDATE EXCLUSIVE: reads and writes go on; the others take a moment",
                )
                .outside_transaction(),
            )
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}

/// Whether a validated constraint says that there is no NULL.
fn vouched(table: &Table, column: &str) -> bool {
    let plain = |text: &str| text.replace(['(', ')', '"', ' '], "").to_ascii_lowercase();
    let wanted = plain(&format!("{column}isnotnull"));
    table.constraints.iter().any(|one| match one.kind {
        'c' => one.validated && plain(&one.text).split("and").any(|part| part == wanted),
        'n' | 'p' => one.validated && one.columns.iter().any(|name| name == column),
        _ => false,
    })
}
