//! `migrate/add-serial-column`: a number for each row of a table that has many.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::ddl::{Column, ColumnConstraint};
use crate::migrate::lint::steps::{batched, made_name, not_null, quoted};
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// Reports new columns that number the rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, column) in scene.added_columns() {
        let Some(kind) = numbering(column) else { continue };
        let effort = Effort { table: &table, work: Work::Rewrite, lock: "ACCESS EXCLUSIVE" };
        let name = quoted(&column.name);
        let finding = cx
            .finding(table.subject_in(&column.name), format!("adding the {kind} column {name} {}", effort.says()))
            .why(format!("every row gets a number of its own; {}", effort.waits()))
            .change(
                Change::new(steps(scene, &table, column), "each for a moment; a batch locks its rows alone")
                    .outside_transaction(),
            )
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}

/// What numbers the rows.
fn numbering(column: &Column) -> Option<&'static str> {
    let ty = column.ty.to_ascii_lowercase();
    if matches!(ty.as_str(), "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8") {
        return Some("serial");
    }
    column.constraints.iter().any(|one| matches!(one, ColumnConstraint::Identity { .. })).then_some("identity")
}

fn steps(scene: &Scene, table: &Table, column: &Column) -> Vec<String> {
    let (sql, name) = (table.sql(), quoted(&column.name));
    let ty = match column.ty.to_ascii_lowercase().as_str() {
        "serial" | "serial4" => "integer".to_owned(),
        "bigserial" | "serial8" => "bigint".to_owned(),
        "smallserial" | "serial2" => "smallint".to_owned(),
        _ => column.ty.clone(),
    };
    let dialect = Dialect::Postgres;
    let sequence = dialect.qualified(&table.schema, &made_name(&[&table.name, &column.name], "seq"));
    let mut steps = vec![
        format!("ALTER TABLE {sql} ADD COLUMN {name} {ty}"),
        format!("CREATE SEQUENCE {sequence} AS {ty} OWNED BY {sql}.{name}"),
        format!("ALTER TABLE {sql} ALTER COLUMN {name} SET DEFAULT nextval({})", dialect.literal(&sequence)),
        batched(table, &format!("{name} = DEFAULT"), &format!("{name} IS NULL")),
    ];
    steps.extend(not_null(scene, table, &column.name));
    steps
}
