//! `migrate/rename-column`: code that runs now still says the old name.

use dbwright_core::Cx;

use crate::migrate::lint::steps::{LOCK_NONE, ddl, online, quoted, typed};
use crate::migrate::lint::{Effort, Scene, Table};
use crate::migrate::parse::Action;
use crate::migrate::table::same;

/// Reports columns that get another name.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.altered().filter(|altered| !altered.table.fresh()) else { return };
    let table = &altered.table;
    for part in &altered.parts {
        let (from, to) = match &part.clause.action {
            Action::RenameColumn { from, to } => (from, to),
            Action::Change { from, to, .. } if !same(from, to) => (from, to),
            _ => continue,
        };
        let (old, new) = (quoted(from), quoted(to));
        let effort = Effort { table, way: part.verdict.way };
        let mut finding = cx
            .finding(table.subject_in(from), format!("after {old} becomes {new}, code that still says {old} fails"))
            .why(
                "old and new code run side by side while a release is rolled out; rename when no code names the column, or let both \
                 names be there for that time: as a virtual column it is read under its new name until the old one is gone",
            )
            .at(part.place.clone());
        if let Some(change) = read_as(table, from, to) {
            finding = finding.change(ddl(vec![change], LOCK_NONE));
        }
        cx.report(effort.weigh(finding));
    }
}

/// A virtual column of the new name, for code that reads.
fn read_as(table: &Table, from: &str, to: &str) -> Option<String> {
    let known = table.column(from)?;
    // A generated column can't read what numbers the rows.
    if known.definition.auto_increment || known.definition.generated.is_some() {
        return None;
    }
    let (old, new, ty) = (quoted(from), quoted(to), typed(&known.definition));
    Some(online(table, &format!("ADD COLUMN {new} {ty} AS ({old}) VIRTUAL")))
}
