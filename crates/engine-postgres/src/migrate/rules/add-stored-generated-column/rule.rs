//! `migrate/add-stored-generated-column`: a value to be computed and stored for each row.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::ddl::{Action, Column, ColumnConstraint};
use crate::migrate::lint::steps::{batched, made_name, quoted};
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// Reports generated columns that are stored for rows that are there.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, column) in scene.added_columns() {
        let expression = column.constraints.iter().find_map(|one| match one {
            ColumnConstraint::Generated { expression, stored: true } => Some(expression),
            _ => None,
        });
        let Some(expression) = expression else { continue };
        let effort = Effort { table: &table, work: Work::Rewrite, lock: "ACCESS EXCLUSIVE" };
        let change = if scene.at_least(18) {
            let sql = format!(
                "ALTER TABLE {} ADD COLUMN {} {} GENERATED ALWAYS AS ({expression}) VIRTUAL",
                table.sql(),
                quoted(&column.name),
                column.ty
            );
            Change::new([sql], "ACCESS EXCLUSIVE for a moment").versions("18+")
        } else {
            let lock = "each for a moment; a batch locks its rows alone";
            Change::new(steps(&table, column, expression), lock).outside_transaction()
        };
        let title = format!("adding the stored generated column {} {}", quoted(&column.name), effort.says());
        let finding = cx
            .finding(table.subject_in(&column.name), title)
            .why(format!("every row gets its value stored; {}", effort.waits()))
            .change(change)
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
    of_expressions(cx);
}

/// Reports new expressions of generated columns.
fn of_expressions(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.busy_clauses() {
        let Action::SetExpression { column } = &clause.action else { continue };
        let effort = Effort { table: &table, work: Work::Rewrite, lock: "ACCESS EXCLUSIVE" };
        let title = format!("SET EXPRESSION of the generated column {} {}", quoted(column), effort.says());
        let finding = cx
            .finding(table.subject_in(column), title)
            .why(format!(
                "a stored value of every row is computed anew; {}; there is no way without a rewrite but a new column",
                effort.waits()
            ))
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}

/// A plain column that a trigger fills.
fn steps(table: &Table, column: &Column, expression: &str) -> Vec<String> {
    let dialect = Dialect::Postgres;
    let (sql, name) = (table.sql(), quoted(&column.name));
    let function = dialect.qualified(&table.schema, &made_name(&[&table.name, &column.name], "fill"));
    let body = format!("BEGIN SELECT {expression} INTO NEW.{name} FROM (SELECT NEW.*) AS row; RETURN NEW; END");
    vec![
        format!("ALTER TABLE {sql} ADD COLUMN {name} {}", column.ty),
        format!("CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {}", dialect.literal(&body)),
        format!(
            "CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {sql} FOR EACH ROW EXECUTE FUNCTION {function}()",
            quoted(&made_name(&[&table.name, &column.name], "fill"))
        ),
        batched(table, &format!("{name} = {expression}"), &format!("{name} IS DISTINCT FROM ({expression})")),
    ]
}
