//! `pg/json-not-jsonb`: a document that is kept as text.

use dbwright_core::{Change, Cx, Finding};
use dbwright_sql::model::{Column, Table};

use crate::body::PgBody;
use crate::retype;

/// Reports the columns, those of partitions with their parent.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    retype::report_each(cx, |column| column.base_type == "json", finding);
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table, column: &Column) -> Finding {
    let catalog = &cx.body.catalog;
    let (of, name) = (catalog.qualified(table), catalog.dialect.name(&column.name));
    let finding = cx
        .finding(catalog.subject_in(table, &column.name), format!("{of}.{name} holds json instead of jsonb"))
        .evidence("type", column.data_type.as_str(), "", "pg_attribute");
    let harm = "each look inside parses the text anew, it can't be indexed, and DISTINCT and GROUP BY fail on it";
    if let Some(hindrance) = hindrance(cx.body, table, column) {
        return finding.why(format!("{harm}; no change is given, because {hindrance}"));
    }
    let change = Change::new(
        [format!("ALTER TABLE {of} ALTER COLUMN {name} TYPE jsonb")],
        "ACCESS EXCLUSIVE on the table while it is written anew: reads and writes wait",
    )
    .irreversible("whitespace, the order of keys and repeated keys are lost");
    finding.why(harm).change(change)
}

fn hindrance(body: &PgBody, table: &Table, column: &Column) -> Option<String> {
    let in_index = "and functions of json need not exist for jsonb";
    let hindrance = retype::hindrance(body, table, column, column.data_type == "json", in_index);
    let check = table.constraints.iter().find(|constraint| {
        constraint.definition.as_deref().is_some_and(|sql| sql.contains("json_") && sql.contains(&column.name))
    });
    hindrance.or_else(|| {
        let name = body.catalog.dialect.name(&check?.name);
        Some(format!("the constraint {name} uses a function of json, which has another name for jsonb"))
    })
}
