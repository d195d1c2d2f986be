//! `pg/char-type`: values that are filled up with spaces.
//!
//! One character is left alone: there is nothing to fill up but the empty text.

use dbwright_core::{Change, Cx, Finding};
use dbwright_sql::model::{Column, Table};

use crate::body::PgBody;
use crate::retype;

/// Reports the columns, those of partitions with their parent.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    retype::report_each(cx, is_padded, finding);
}

/// Whether shorter values are filled up with spaces.
fn is_padded(column: &Column) -> bool {
    column.base_type == "bpchar" && !matches!(column.data_type.as_str(), "character(1)" | "bpchar")
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table, column: &Column) -> Finding {
    let catalog = &cx.body.catalog;
    let (of, name) = (catalog.qualified(table), catalog.dialect.name(&column.name));
    let finding = cx
        .finding(
            catalog.subject_in(table, &column.name),
            format!("{of}.{name} is filled up with spaces: {}", column.data_type),
        )
        .evidence("type", column.data_type.as_str(), "", "pg_attribute");
    let harm = "the filling spaces take space, and comparisons ignore them here and count them there";
    let builtin = column.data_type.starts_with("character(");
    let hindrance = retype::hindrance(cx.body, table, column, builtin, "and trailing spaces count in it afterwards")
        .or_else(|| {
            retype::in_foreign_key(cx.body, table, column)
                .then(|| "a foreign key includes it: both sides have to be changed together".to_owned())
        });
    if let Some(hindrance) = hindrance {
        return finding.why(format!("{harm}; no change is given, because {hindrance}"));
    }
    let to = |new: &str| [format!("ALTER TABLE {of} ALTER COLUMN {name} TYPE {new}")];
    let change = Change::new(
        to(&column.data_type.replace("character(", "character varying(")),
        "ACCESS EXCLUSIVE on the table while it is written anew: reads and writes wait",
    );
    finding.why(harm).change(change.back(to(&column.data_type)))
}
