//! `migrate/primary-key-using-nullable-index`: a prebuilt index, and a scan all the same.

use dbwright_core::{Change, Cx};

use crate::ddl::ConstraintKind;
use crate::migrate::lint::steps::{not_null, quoted, quoted_list};
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// Reports primary keys that have to check for NULLs.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for added in scene.added_constraints() {
        let ConstraintKind::PrimaryKey { using_index: Some(index), .. } = &added.kind else { continue };
        let table = &added.table;
        let open: Vec<String> = nullable(table, index);
        if open.is_empty() {
            continue;
        }
        let effort = Effort { table, work: Work::Scan, lock: "ACCESS EXCLUSIVE" };
        let mut steps: Vec<String> = open.iter().flat_map(|column| not_null(scene, table, column)).collect();
        let (sql, name) = (table.sql(), quoted(added.name.as_ref().unwrap_or(index)));
        steps.push(format!("ALTER TABLE {sql} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {}", quoted(index)));
        let title = format!(
            "PRIMARY KEY USING INDEX {} over {}, which may be NULL, {}",
            quoted(index),
            quoted_list(&open),
            effort.says()
        );
        let finding = cx
            .finding(table.subject_in(index), title)
            .why(format!("the column is made NOT NULL first, and every row is looked at for it; {}", effort.waits()))
            .change(
                Change::new(steps, "VALIDATE reads the table under SHARE UPDATE EXCLUSIVE: reads and writes go on; the rest takes a moment")
                    .outside_transaction(),
            )
            .at(scene.place_of(added.clause));
        cx.report(effort.weigh(finding));
    }
}

/// The columns of the index that are known to take NULLs.
fn nullable(table: &Table, index: &str) -> Vec<String> {
    let Some(index) = table.indexes.iter().find(|one| one.name == index) else { return Vec::new() };
    let vouched = |column: &str| {
        let wanted = format!("{column}isnotnull");
        table.constraints.iter().any(|one| {
            one.kind == 'c'
                && one.validated
                && one.text.replace(['(', ')', '"', ' '], "").to_ascii_lowercase() == wanted
        })
    };
    let open = |key: &&String| table.column(key).is_some_and(|known| !known.not_null) && !vouched(key);
    index.keys.iter().filter(open).cloned().collect()
}
