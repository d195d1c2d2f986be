//! `migrate/add-not-null-column`: a column that rows that are there can't have.

use dbwright_core::{Change, Cx};

use crate::ddl::{Column, ColumnConstraint};
use crate::migrate::lint::steps::{not_null, quoted};
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports new columns that must have a value and get none.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, column) in scene.added_columns() {
        if !demands(column) || fills(column) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
        let (sql, name) = (table.sql(), quoted(&column.name));
        let known = table.rows.is_some_and(|rows| rows > 0.0);
        let fails = if known { "fails: the table holds rows" } else { "fails as soon as the table holds a row" };
        let mut steps = vec![format!("ALTER TABLE {sql} ADD COLUMN {name} {}", column.ty)];
        steps.push(format!(
            "/* fill {name} in batches, and let the code write it */ SELECT count(*) FROM {sql} WHERE {name} IS NULL"
        ));
        steps.extend(not_null(scene, &table, &column.name));
        let finding = cx
            .finding(table.subject_in(&column.name), format!("adding {name} NOT NULL without a default {fails}"))
            .why(
                "rows that are there would have no value in it, and inserts of code that does not know the column fail too; a \
                 constant default costs nothing (it is stored once in the catalog)",
            )
            .change(Change::new(steps, "each for a moment; VALIDATE reads the table beside reads and writes").outside_transaction())
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}

fn demands(column: &Column) -> bool {
    let strict =
        |one: &ColumnConstraint| matches!(one, ColumnConstraint::NotNull | ColumnConstraint::PrimaryKey { .. });
    column.constraints.iter().any(strict)
}

/// Whether rows that are there get a value.
fn fills(column: &Column) -> bool {
    let filled = |one: &ColumnConstraint| match one {
        ColumnConstraint::Default(text) => !text.eq_ignore_ascii_case("null"),
        ColumnConstraint::Generated { .. } | ColumnConstraint::Identity { .. } => true,
        _ => false,
    };
    column.ty.to_ascii_lowercase().contains("serial") || column.constraints.iter().any(filled)
}
