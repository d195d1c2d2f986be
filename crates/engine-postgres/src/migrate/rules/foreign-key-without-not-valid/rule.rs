//! `migrate/foreign-key-without-not-valid`: every row is looked up while writes to two tables wait.

use dbwright_core::{Change, Cx};

use crate::ddl::ConstraintKind;
use crate::migrate::lint::steps::{made_name, quoted_list, validate_later};
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports foreign keys that are validated at once.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for added in scene.added_constraints().filter(|added| !added.unchecked) {
        let ConstraintKind::ForeignKey { columns, table: to, .. } = &added.kind else { continue };
        let table = &added.table;
        let other = scene.world.table(to);
        let first = columns.first().map_or("", String::as_str);
        let name = added.name.clone().unwrap_or_else(|| made_name(&[&table.name, first], "fkey"));
        let effort = Effort { table, work: Work::Scan, lock: "SHARE ROW EXCLUSIVE" };
        let title = format!("the foreign key ({}) to {} {}", quoted_list(columns), other.sql(), effort.says());
        let mut finding = cx
            .finding(table.subject_in(&name), title)
            .why(format!(
                "every row is looked up in {} at once; {}, and so do writes of {}",
                other.sql(),
                effort.waits(),
                other.sql()
            ))
            .at(scene.place_of(added.clause));
        if !table.partitioned() || scene.at_least(18) {
            let lock = "VALIDATE holds SHARE UPDATE EXCLUSIVE and, on the other table, ROW SHARE: reads and writes go on; the rest takes a moment";
            let steps = validate_later(table, &name, &added.definition);
            finding = finding.change(Change::new(steps, lock).outside_transaction());
        }
        cx.report(effort.weigh(finding));
    }
}
