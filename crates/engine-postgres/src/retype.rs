//! Changing a column's type in place: what makes `ALTER COLUMN … TYPE` fail or mean something else.
//!
//! Texts are searched for the column's name rather than parsed: a hindrance too many costs a change that
//! could have been given, one too few a change that fails.

use dbwright_core::{Cx, Finding};
use dbwright_sql::model::{Column, Table, TableKind};

use crate::body::PgBody;

/// Reports every wanted column of the user's tables; the columns of partitions and children go with their parent.
pub(crate) fn report_each(
    cx: &mut Cx<'_, PgBody>,
    wanted: fn(&Column) -> bool,
    finding: fn(&Cx<'_, PgBody>, &Table, &Column) -> Finding,
) {
    let body = cx.body;
    for table in body.catalog.user_tables().filter(|table| table.parents.is_empty()) {
        for column in table.columns.iter().filter(|column| wanted(column)) {
            let finding = finding(cx, table, column);
            cx.report(finding);
        }
    }
}

/// Why the type of a column can't be changed by one statement, when that is known. `builtin` tells whether the
/// column has the type itself, and not a domain over it; `in_index` says what is wrong with an index
/// expression or predicate that uses the column.
pub(crate) fn hindrance(
    body: &PgBody,
    table: &Table,
    column: &Column,
    builtin: bool,
    in_index: &str,
) -> Option<String> {
    let name = column.name.as_str();
    let dialect = body.catalog.dialect;
    if !builtin {
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
    let uses = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(name));
    let index =
        table.indexes.iter().find(|index| uses(&index.predicate) || index.keys.iter().any(|key| uses(&key.expression)));
    if let Some(index) = index {
        return Some(format!("the expression of index {} uses it, {in_index}", dialect.name(&index.name)));
    }
    if let Some(other) = table.columns.iter().find(|c| c.generated.is_some() && uses(&c.default)) {
        return Some(format!("the column {} is generated from it", dialect.name(&other.name)));
    }
    let conditional = |sql: &str| sql.contains(name) && (sql.contains(" OF ") || sql.contains(" WHEN "));
    if let Some(trigger) = table.triggers.iter().find(|trigger| conditional(&trigger.definition)) {
        return Some(format!("the definition of trigger {} seems to use it", dialect.name(&trigger.name)));
    }
    let views = body.catalog.tables.iter().filter(|t| matches!(t.kind, TableKind::View | TableKind::MaterializedView));
    let reads =
        |view: &&Table| view.definition.as_deref().is_some_and(|sql| sql.contains(name) && sql.contains(&table.name));
    let view = views.into_iter().find(reads)?;
    Some(format!(
        "the view {} seems to use it and would have to be dropped and made anew",
        body.catalog.qualified(view)
    ))
}

/// Whether a foreign key includes the column, on either side.
pub(crate) fn in_foreign_key(body: &PgBody, table: &Table, column: &Column) -> bool {
    let own = table.foreign_keys().any(|(key, _)| key.columns.contains(&column.name));
    let to_here = |other: &Table| {
        other.foreign_keys().any(|(_, to)| to.id == Some(table.id) && to.columns.contains(&column.name))
    };
    own || body.catalog.tables.iter().any(to_here)
}
