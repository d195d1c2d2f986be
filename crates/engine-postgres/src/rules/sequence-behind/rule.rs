//! `pg/sequence-behind`: the next value of a sequence is already taken in its column.
//!
//! The column's greatest value is a lower bound from the statistics; when that bound is past the
//! sequence, the fault is certain. Without statistics the rule says that it could not look.

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::model::{Column, ConstraintKind, Highest, Sequence, Table};

use crate::body::{PgBody, area};
use crate::words;

/// Reports ascending sequences that their column has overtaken.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    let by_id = body.catalog.by_id();
    let mut blind = Vec::new();
    for sequence in body.catalog.sequences.iter().filter(|s| s.readable && s.increment > 0 && !s.cycle) {
        let Some((id, column)) = &sequence.column else { continue };
        let Some((table, column)) = by_id.get(id).and_then(|table| Some((*table, table.column(column)?))) else {
            continue;
        };
        let (Some(highest), Some(next)) = (seen(column), next(sequence)) else {
            if blind_to(body, table, cx.header.without_values) {
                blind.push(body.catalog.dialect.qualified(&sequence.schema, &sequence.name));
            }
            continue;
        };
        if next <= highest.value {
            let finding = finding(cx, sequence, table, column, highest, next);
            cx.report(finding);
        }
    }
    if !blind.is_empty() {
        let reason = format!("no column statistics to compare {} with", words::some_of(&blind));
        let refused = cx.header.gaps.iter().find(|gap| gap.area == area::COLUMN_STATISTICS_PARTIAL);
        let remedy = match refused.and_then(|gap| gap.remedy.as_deref()) {
            _ if cx.header.without_values => "take the snapshot without --no-values",
            Some(remedy) => remedy,
            None => "ANALYZE the tables",
        };
        cx.not_looked(reason, Some(remedy));
    }
}

/// Whether a table with rows has no statistics to look at.
fn blind_to(body: &PgBody, table: &Table, without_values: bool) -> bool {
    let filled = body.tables.get(&table.id).is_some_and(|stats| stats.n_live_tup > 0 || stats.relpages > 0);
    filled && (without_values || !body.columns.contains_key(&table.id))
}

/// The greatest value that statistics have seen; what the sequence itself gave out says nothing here.
fn seen(column: &Column) -> Option<&Highest> {
    column.highest.as_ref().filter(|highest| highest.source.starts_with("pg_stats"))
}

/// The value that the sequence gives out next.
fn next(sequence: &Sequence) -> Option<i64> {
    match sequence.last_value {
        Some(last) => last.checked_add(sequence.increment),
        None => Some(sequence.start.unwrap_or(sequence.min_value)),
    }
}

/// Whether two rows can't have the same value in the column.
fn unique(table: &Table, column: &Column) -> bool {
    let alone = |columns: &[String]| columns.len() == 1 && columns[0] == column.name;
    let by_constraint = table
        .constraints
        .iter()
        .any(|c| matches!(c.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique) && alone(&c.columns));
    by_constraint
        || table.indexes.iter().any(|index| {
            index.unique && index.keys.len() == 1 && index.keys[0].column.as_deref() == Some(column.name.as_str())
        })
}

fn finding(
    cx: &Cx<'_, PgBody>,
    sequence: &Sequence,
    table: &Table,
    column: &Column,
    highest: &Highest,
    next: i64,
) -> Finding {
    let catalog = &cx.body.catalog;
    let dialect = catalog.dialect;
    let (name, of, column_name) =
        (dialect.qualified(&sequence.schema, &sequence.name), catalog.qualified(table), dialect.name(&column.name));
    let unique = unique(table, column);
    let harm = if unique {
        "inserts that take their key from the sequence fail as duplicates, again and again until it has passed the column"
    } else {
        "rows that take their number from the sequence get numbers that other rows have"
    };
    let literal = dialect.literal(&name);
    let back = match sequence.last_value {
        Some(last) => format!("SELECT setval({literal}, {last})"),
        None => format!("SELECT setval({literal}, {next}, false)"),
    };
    let change = Change::new(
        [format!("SELECT setval({literal}, (SELECT max({column_name}) FROM {of}))")],
        "none; reads the greatest value, through an index where there is one",
    )
    .back([back]);
    cx.finding(
        dialect.subject(&[&sequence.schema, &sequence.name]),
        format!(
            "sequence {name} gives {next} next, but {of}.{column_name} has values up to {} at least",
            highest.value
        ),
    )
    .severity(if unique { Severity::High } else { Severity::Low })
    .why(format!("{harm}; most often rows were loaded with keys of their own, and the sequence was not moved"))
    .evidence("next value", next, "", "the sequence")
    .evidence("greatest value known", highest.value, "", &highest.source)
    .evidence("increment", sequence.increment, "", "pg_sequence")
    .change(change)
}
