//! `migrate/add-constrained-domain-column`: a domain whose constraints are checked by writing the table anew.

use dbwright_core::Cx;

use crate::ddl::Name;
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports new columns of domains with constraints.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, column) in scene.added_columns() {
        let (schema, name) = match column.ty.split_once('.') {
            Some((schema, name)) => (Some(plain(schema)), plain(name)),
            None => (None, plain(&column.ty)),
        };
        if scene.world.domain(&Name { schema, name }) != Some(true) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Rewrite, lock: "ACCESS EXCLUSIVE" };
        let title = format!("adding {} of the domain {} {}", quoted(&column.name), column.ty, effort.says());
        let finding = cx
            .finding(table.subject_in(&column.name), title)
            .why(format!(
                "each row is checked against the domain's constraints by writing it anew; {}; the base type with a CHECK of \
                 the table, NOT VALID first, does the same without that",
                effort.waits()
            ))
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}

/// A name as the catalog has it.
fn plain(written: &str) -> String {
    let written = written.trim();
    match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => written.to_ascii_lowercase(),
    }
}
