//! `pg/not-valid-constraint`: a constraint that does not vouch for the rows that were there before it.

use dbwright_core::{Change, Cx};
use dbwright_sql::model::{Constraint, ConstraintKind, Table};

use crate::body::PgBody;
use crate::words;

/// Reports constraints that were added NOT VALID and never validated.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    for table in body.catalog.user_tables() {
        for constraint in table.constraints.iter().filter(|constraint| pending(constraint)) {
            let name = body.catalog.dialect.name(&constraint.name);
            let of = body.catalog.qualified(table);
            let mut finding = cx
                .finding(body.catalog.subject_in(table, &constraint.name), format!("constraint {name} of {of} was never validated"))
                .why(
                    "it holds for new rows only: older ones may break it, the planner can't rely on it, and a dump of a \
                     database with such rows does not restore; when VALIDATE fails it names the first such row and changes nothing",
                )
                .evidence("convalidated", false, "", "pg_constraint")
                .change(change(body, table, constraint, &of, &name));
            if let Some(rows) = table.rows {
                finding = finding.evidence("reltuples", rows, "rows", "pg_class");
            }
            cx.report(finding);
        }
    }
}

/// Not validated, the table's own, and meant to be enforced (18 and later can say that it is not).
fn pending(constraint: &Constraint) -> bool {
    let enforced = !constraint.definition.as_deref().is_some_and(|text| text.ends_with("NOT ENFORCED"));
    !constraint.validated && !constraint.inherited && enforced
}

fn change(body: &PgBody, table: &Table, constraint: &Constraint, of: &str, name: &str) -> Change {
    let size = table.bytes.map_or_else(String::new, |bytes| format!(" ({})", words::bytes(bytes)));
    let other = match &constraint.kind {
        ConstraintKind::ForeignKey(to) => {
            format!(", ROW SHARE on {}", body.catalog.dialect.qualified(&to.schema, &to.table))
        }
        _ => String::new(),
    };
    Change::new(
        [format!("ALTER TABLE {of} VALIDATE CONSTRAINT {name}")],
        format!("SHARE UPDATE EXCLUSIVE on the table{other} while the table{size} is read: reads and writes go on"),
    )
    .irreversible(
        "a constraint that was checked has no reason to become unchecked; it can be dropped and added again NOT VALID",
    )
}
