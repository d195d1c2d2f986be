//! `migrate/default-partition-scan`: the default partition is read for rows that belong to the new one.

use dbwright_core::Cx;

use crate::ddl::{Act, Action, Name, Object};
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports partitions that come beside a default partition with rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for parent in scene.acts().iter().flat_map(gains) {
        let parent = scene.world.table(parent);
        let Some((schema, name)) = parent.default_partition.clone() else { continue };
        let table = scene.world.table(&Name { schema: Some(schema), name });
        let checked = table.constraints.iter().any(|one| one.kind == 'c' && one.validated);
        if table.quiet() || checked {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Scan, lock: "ACCESS EXCLUSIVE" };
        let finding = cx
            .finding(table.subject(), format!("a new partition of {} {}: the default partition {}", parent.sql(), effort.says(), table.sql()))
            .why(format!(
                "the server reads the default partition for rows that belong to the new one; {}; a validated CHECK constraint on it that excludes \
                 them lets the server skip reading; no change is shown: the constraint says what the new bounds say, negated",
                effort.waits()
            ));
        cx.report(effort.weigh(finding));
    }
}

/// The tables that get a partition other than the default one.
fn gains(act: &Act) -> Vec<&Name> {
    match act {
        Act::CreateTable(made) => made.partition_of.iter().collect(),
        Act::Alter { object: Object::Table, name, clauses, .. } => {
            let other = |action: &Action| matches!(action, Action::AttachPartition { bound, .. } if !bound.trim().eq_ignore_ascii_case("default"));
            clauses.iter().filter(|clause| other(&clause.action)).map(|_| name).collect()
        }
        _ => Vec::new(),
    }
}
