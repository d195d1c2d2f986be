//! `sqlite/foreign-key-violation`: rows refer to nothing.

use dbwright_core::words::count;
use dbwright_core::{Change, Cx, Finding};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Constraint, References, Table};

use crate::body::{Orphans, SqliteBody, area};

const SQL: Dialect = Dialect::Sqlite;

/// Reports each foreign key with orphans, and each that SQLite can't check.
pub(super) fn check(cx: &mut Cx<'_, SqliteBody>) {
    super::tell_gaps(cx, area::FOREIGN_KEYS);
    for orphans in &cx.body.orphans {
        let Some(table) = cx.body.catalog.tables.iter().find(|table| table.id == orphans.table) else { continue };
        if let Some(reason) = &orphans.unusable {
            cx.not_looked(format!("{}: {reason}", cx.body.catalog.subject(table)), None);
            continue;
        }
        let key = table.foreign_keys().find(|(constraint, _)| constraint.name == orphans.constraint);
        if let Some((constraint, references)) = key {
            let finding = finding(cx, table, constraint, references, orphans);
            cx.report(finding);
        }
    }
}

fn finding(
    cx: &Cx<'_, SqliteBody>,
    table: &Table,
    constraint: &Constraint,
    references: &References,
    orphans: &Orphans,
) -> Finding {
    let columns: Vec<_> = constraint.columns.iter().map(|column| SQL.name(column)).collect();
    let subject = format!("{}.{}", cx.body.catalog.subject(table), columns.join(","));
    let at_least = if orphans.at_least { "at least " } else { "" };
    let rows = if orphans.rows == 1 { "row refers" } else { "rows refer" };
    let parent = SQL.qualified(&references.schema, &references.table);
    let finding = cx
        .finding(
            subject,
            format!("{at_least}{} {rows} to rows of {parent} that do not exist", count(orphans.rows as f64)),
        )
        .evidence("orphan_rows", orphans.rows, "rows", "PRAGMA foreign_key_check")
        .evidence("references", target(references), "", "PRAGMA foreign_key_list");
    if references.id.is_none() {
        return finding.why(format!(
            "the referenced table {parent} does not exist, so every row breaks the key. Create the table, or \
             rebuild this one without the key; which of the two is meant can't be known here"
        ));
    }
    finding
        .why("joins lose these rows, and connections that enforce foreign keys fail on them; look at them before they are changed")
        .change(change(table, constraint, references))
}

fn target(references: &References) -> String {
    let columns: Vec<_> = references.columns.iter().map(|column| SQL.name(column)).collect();
    format!("{} ({})", SQL.qualified(&references.schema, &references.table), columns.join(", "))
}

/// Sets the reference to null where that is allowed, else deletes the rows.
fn change(table: &Table, constraint: &Constraint, references: &References) -> Change {
    let child = SQL.qualified(&table.schema, &table.name);
    let given = constraint.columns.iter().map(|column| format!("{} IS NOT NULL", SQL.ident(column)));
    let pairs = references.columns.iter().zip(&constraint.columns);
    let equal: Vec<_> = pairs
        .map(|(parent, own)| format!("p.{} = {}.{}", SQL.ident(parent), SQL.ident(&table.name), SQL.ident(own)))
        .collect();
    let orphan = format!(
        "{} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
        given.collect::<Vec<_>>().join(" AND "),
        SQL.qualified(&references.schema, &references.table),
        equal.join(" AND ")
    );
    let nullable: Vec<_> =
        constraint.columns.iter().filter(|name| table.column(name).is_some_and(|column| !column.not_null)).collect();
    let statement = if nullable.is_empty() {
        format!("DELETE FROM {child} WHERE {orphan}")
    } else {
        let nulls: Vec<_> = nullable.into_iter().map(|column| format!("{} = NULL", SQL.ident(column))).collect();
        format!("UPDATE {child} SET {} WHERE {orphan}", nulls.join(", "))
    };
    Change::new([statement], "other writers wait while the table is read")
        .irreversible("the values are lost; copy the rows away first, or restore the missing rows instead")
}
