//! `migrate/unique-without-index`: the index of a key is built while nobody can read.

use dbwright_core::{Change, Cx};

use crate::ddl::ConstraintKind;
use crate::migrate::lint::steps::{made_name, quoted, quoted_list};
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports keys without a prebuilt index.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for added in scene.added_constraints() {
        let ConstraintKind::Unique { columns, using_index: None, .. } = &added.kind else { continue };
        let table = &added.table;
        let effort = Effort { table, work: Work::Index, lock: "ACCESS EXCLUSIVE" };
        let (sql, keys) = (table.sql(), quoted_list(columns));
        let parts: Vec<&str> = std::iter::once(table.name.as_str()).chain(columns.iter().map(String::as_str)).collect();
        let name = added.name.clone().unwrap_or_else(|| made_name(&parts, "key"));
        let constraint = quoted(&name);
        let mut steps = Vec::new();
        if let Some(column) = added.column {
            steps.push(format!("ALTER TABLE {sql} ADD COLUMN {} {}", quoted(&column.name), column.ty));
        }
        steps.push(format!("CREATE UNIQUE INDEX CONCURRENTLY {constraint} ON {sql} ({keys})"));
        steps.push(format!("ALTER TABLE {sql} ADD CONSTRAINT {constraint} UNIQUE USING INDEX {constraint}"));
        let mut finding = cx
            .finding(table.subject_in(&name), format!("UNIQUE ({keys}) {}", effort.says()))
            .why(format!("the index behind it is built at once; {}", effort.waits()))
            .at(scene.place_of(added.clause));
        if !table.partitioned() {
            let lock =
                "the index is built under SHARE UPDATE EXCLUSIVE: reads and writes go on; the rest takes a moment";
            finding = finding.change(Change::new(steps, lock).outside_transaction());
        }
        cx.report(effort.weigh(finding));
    }
}
