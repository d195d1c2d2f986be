//! `pg/timestamp-without-time-zone`: a column that holds wall-clock readings instead of points in time.
//!
//! The change casts under `TimeZone = UTC` rather than with `AT TIME ZONE 'UTC'`: the values come out the
//! same, and PostgreSQL then knows that no row changes and does not rewrite the table.

use dbwright_core::{Change, Cx, Finding};
use dbwright_sql::model::{Column, Table};

use crate::body::PgBody;
use crate::retype;

/// Reports the columns, those of partitions with their parent.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    retype::report_each(cx, |column| column.base_type == "timestamp", finding);
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table, column: &Column) -> Finding {
    let catalog = &cx.body.catalog;
    let (of, name) = (catalog.qualified(table), catalog.dialect.name(&column.name));
    let finding = cx
        .finding(catalog.subject_in(table, &column.name), format!("{of}.{name} is a timestamp without time zone"))
        .evidence("type", column.data_type.as_str(), "", "pg_attribute");
    let harm = "it holds a reading of some clock and not which one: sessions in other time zones take it for another time, \
                and in autumn one hour reads twice";
    let builtin = column.data_type.contains("without time zone");
    let in_index = "and such expressions depend on the time zone afterwards";
    if let Some(hindrance) = retype::hindrance(cx.body, table, column, builtin, in_index) {
        return finding.why(format!("{harm}; no change is given, because {hindrance}"));
    }
    let statements =
        |to: &str| ["SET LOCAL TimeZone = 'UTC'".to_owned(), format!("ALTER TABLE {of} ALTER COLUMN {name} TYPE {to}")];
    let change = Change::new(
        statements(&column.data_type.replace("without time zone", "with time zone")),
        "ACCESS EXCLUSIVE on the table: its rows are not rewritten, but indexes over the column are built anew",
    )
    .back(statements(&column.data_type));
    finding
        .why(format!(
            "{harm}; the change takes the readings for UTC: if another clock wrote them, put its zone in place of UTC"
        ))
        .change(change)
}
