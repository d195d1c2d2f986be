//! `migrate/fulltext-or-spatial-index`: indexes that are built while writers wait.

use dbwright_core::Cx;

use crate::migrate::lint::{Cause, Effort, Scene, define};

/// Reports FULLTEXT and SPATIAL indexes that are added.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in &altered.parts {
        let kind = match part.verdict.cause {
            Cause::FulltextIndex => "FULLTEXT",
            Cause::SpatialIndex => "SPATIAL",
            _ => continue,
        };
        let effort = Effort { table, way: part.verdict.way };
        let name = define::key(&part.clause.text).map_or_else(String::new, |key| key.name);
        let first = match kind {
            "FULLTEXT" if !table.fulltext() => {
                "; the first one of a table builds all rows anew, with hidden numbers, and from then on changes of columns copy the table"
            }
            _ => "",
        };
        let finding = cx
            .finding(table.subject_in(&name), format!("adding a {kind} index {}", effort.says()))
            .why(format!(
                "such an index is not built beside writes{first}; {}; `dbwright migrate apply` builds it in a copy beside the table, and \
                 writers go on",
                effort.waits()
            ))
            .at(part.place.clone());
        cx.report(effort.weigh(finding));
    }
}
