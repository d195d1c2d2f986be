//! `pg/timestamp-without-time-zone`: a column that holds wall-clock readings instead of points in time.
//!
//! The change casts under `TimeZone = UTC` rather than with `AT TIME ZONE 'UTC'`: the values come out the
//! same, and PostgreSQL then knows that no row changes and does not rewrite the table.

use dbwright_core::{Change, Cx, Finding};
use dbwright_sql::model::{Column, Table, TableKind};

use crate::body::PgBody;

/// Reports the columns, those of partitions with their parent.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    for table in body.catalog.user_tables().filter(|table| table.parents.is_empty()) {
        for column in table.columns.iter().filter(|column| column.base_type == "timestamp") {
            let finding = finding(cx, table, column);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table, column: &Column) -> Finding {
    let catalog = &cx.body.catalog;
    let (of, name) = (catalog.qualified(table), catalog.dialect.name(&column.name));
    let finding = cx
        .finding(catalog.subject_in(table, &column.name), format!("{of}.{name} is a timestamp without time zone"))
        .evidence("type", column.data_type.as_str(), "", "pg_attribute");
    let harm = "it holds a reading of some clock and not which one: sessions in other time zones take it for another time, \
                and in autumn one hour reads twice";
    if let Some(hindrance) = hindrance(cx.body, table, column) {
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

/// What makes `ALTER COLUMN … TYPE` fail, when that is known.
fn hindrance(body: &PgBody, table: &Table, column: &Column) -> Option<String> {
    let name = column.name.as_str();
    if !column.data_type.contains("without time zone") {
        return Some(format!("its type {} is a domain, which has to be changed first", column.data_type));
    }
    if column.generated.is_some() {
        return Some("it is generated from other columns, which have to be changed first".to_owned());
    }
    if table.kind == TableKind::Partitioned && table.partitioning.as_deref().is_some_and(|key| key.contains(name)) {
        return Some(
            "the table is partitioned by it, and the type of such a column can't be changed in place".to_owned(),
        );
    }
    let in_index = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(name));
    let index = table
        .indexes
        .iter()
        .find(|index| in_index(&index.predicate) || index.keys.iter().any(|key| in_index(&key.expression)));
    if let Some(index) = index {
        let index = body.catalog.dialect.name(&index.name);
        return Some(format!(
            "the expression of index {index} uses it, and such expressions depend on the time zone afterwards"
        ));
    }
    if let Some(other) = table.columns.iter().find(|c| c.generated.is_some() && in_index(&c.default)) {
        return Some(format!("the column {} is generated from it", body.catalog.dialect.name(&other.name)));
    }
    let views = body.catalog.tables.iter().filter(|t| matches!(t.kind, TableKind::View | TableKind::MaterializedView));
    let uses =
        |view: &&Table| view.definition.as_deref().is_some_and(|sql| sql.contains(name) && sql.contains(&table.name));
    let view = views.into_iter().find(uses)?;
    Some(format!(
        "the view {} seems to use it and would have to be dropped and made anew",
        body.catalog.qualified(view)
    ))
}
