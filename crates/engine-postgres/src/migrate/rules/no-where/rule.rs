//! `migrate/no-where`: every row is changed.

use dbwright_core::{Change, Cx};

use crate::ddl::Act;
use crate::migrate::lint::Scene;

/// Reports UPDATE and DELETE of all rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let (table, verb) = match act {
            Act::Update { table, filter: None, limited: false, .. } => (scene.world.table(table), "UPDATE"),
            Act::Delete { table, filter: None, limited: false, .. } => (scene.world.table(table), "DELETE"),
            _ => continue,
        };
        if table.quiet() {
            continue;
        }
        let mut finding = cx
            .finding(table.subject(), format!("{verb} without WHERE changes every row of {}", table.sql()))
            .why("a forgotten condition looks just like this, and all rows stay locked until the last one is done; where all are meant, change \
                  them in batches")
            .evidence("condition", "none", "", "the statement");
        if let Some(rows) = table.rows {
            finding = finding.evidence("rows", rows, "rows", "pg_class");
        }
        if verb == "DELETE" {
            let sql = table.sql();
            let batch = format!(
                "DELETE FROM {sql} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {sql} LIMIT 10000)) /* again and again, each in a transaction of \
                 its own, until it changes no row */"
            );
            let change = Change::new([batch], "the rows of a batch").outside_transaction();
            finding = finding.change(change.irreversible("the rows are gone"));
        }
        cx.report(finding);
    }
}
