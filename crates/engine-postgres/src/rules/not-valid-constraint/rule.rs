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
    of_domains(cx);
}

/// Reports those of domains.
fn of_domains(cx: &mut Cx<'_, PgBody>) {
    let catalog = &cx.body.catalog;
    let dialect = catalog.dialect;
    for domain in &catalog.types {
        let of = dialect.qualified(&domain.schema, &domain.name);
        for constraint in &domain.unvalidated {
            let name = dialect.name(constraint);
            let change = Change::new(
                [format!("ALTER DOMAIN {of} VALIDATE CONSTRAINT {name}")],
                "SHARE on each table with a column of the domain while it is read: reads go on, writes wait",
            )
            .irreversible(KEPT);
            let finding = cx
                .finding(
                    dialect.subject(&[&domain.schema, &domain.name, constraint]),
                    format!("constraint {name} of the domain {of} was never validated"),
                )
                .why(
                    "it holds for new values only: older ones may break it, and a dump of a database with such values does not \
                     restore; when VALIDATE fails it names the column and changes nothing",
                )
                .evidence("convalidated", false, "", "pg_constraint")
                .change(change);
            cx.report(finding);
        }
    }
}

/// Why there is no way back.
const KEPT: &str =
    "a constraint that was checked has no reason to become unchecked; it can be dropped and added again NOT VALID";

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
    .irreversible(KEPT)
}
