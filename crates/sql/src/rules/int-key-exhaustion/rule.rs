//! `sql/int-key-exhaustion`: a key whose whole-number type runs out.
//!
//! Judged by the greatest value that is known, and by the date at which the pace of inserts reaches the end. A key that
//! the engine does not number is judged only when its values are dense: hashes and random numbers never run out.

use std::collections::HashMap;

use dbwright_core::{Cx, Severity};

use crate::Dialect;
use crate::indexing;
use crate::model::{Catalog, Column, Generated, ObjectId, Sequence, Table};
use crate::render::{Retype, Surroundings, retype};

const DAY_S: f64 = 86_400.0;
/// Share of the values up to the greatest that must be rows, for keys that the engine does not number.
const DENSE: f64 = 0.01;
/// Share below which no date is told: so early, the pace of one window says too little.
const EARLY: f64 = 0.05;

/// Reports key columns that are used up by half, or will be within a year.
pub(super) fn check(cx: &mut Cx<'_, Catalog>) {
    let catalog = cx.body;
    let mut sequences: HashMap<(ObjectId, &str), &Sequence> = HashMap::new();
    for sequence in &catalog.sequences {
        if let Some((table, column)) = &sequence.column {
            sequences.insert((*table, column.as_str()), sequence);
        }
    }
    for table in catalog.user_tables().filter(|table| !table.is_partition) {
        for column in table.columns.iter().filter(|column| greatest(catalog.dialect, column).is_some()) {
            let sequence = sequences.get(&(table.id, column.name.as_str())).copied();
            if sequence.is_some() || is_key(table, column) {
                look(cx, table, column, sequence);
            }
        }
    }
}

/// The greatest value of a column's type.
fn greatest(dialect: Dialect, column: &Column) -> Option<i64> {
    match (dialect, column.base_type.as_str()) {
        (Dialect::Postgres, "int2") => Some(i16::MAX.into()),
        (Dialect::Postgres, "int4") => Some(i32::MAX.into()),
        (Dialect::Postgres, "int8") | (Dialect::Sqlite, "integer") => Some(i64::MAX),
        (Dialect::Mysql, kind) => mysql_greatest(kind),
        _ => None,
    }
}

/// The greatest value of a whole-number type of MySQL; of `bigint unsigned` half of it, which nobody reaches either.
fn mysql_greatest(kind: &str) -> Option<i64> {
    let (base, unsigned) = kind.strip_suffix(" unsigned").map_or((kind, false), |base| (base, true));
    let bits = match base {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        "bigint" => return Some(i64::MAX),
        _ => return None,
    };
    Some((1 << (bits - i64::from(!unsigned))) - 1)
}

/// Whether a column is the whole primary key, numbered by the engine, or refers to another key.
fn is_key(table: &Table, column: &Column) -> bool {
    let whole = |columns: &[String]| columns.len() == 1 && columns[0] == column.name;
    let numbered = matches!(
        column.generated,
        Some(Generated::IdentityAlways | Generated::IdentityByDefault | Generated::Rowid | Generated::Autoincrement)
    );
    numbered || table.primary_key().is_some_and(|key| whole(&key.columns))
}

/// How far a key has come.
struct Use {
    highest: i64,
    source: String,
    greatest: i64,
    share: f64,
    days_left: Option<f64>,
    per_day: f64,
}

fn look(cx: &mut Cx<'_, Catalog>, table: &Table, column: &Column, sequence: Option<&Sequence>) {
    let Some(used) = used(cx.body, table, column, sequence) else { return };
    let soon = |days: f64| used.days_left.is_some_and(|left| left <= days) && used.share >= EARLY;
    let severity = if used.share >= cx.limit("critical_share") || soon(cx.limit("critical_days")) {
        Severity::Critical
    } else if used.share >= cx.limit("high_share") || soon(cx.limit("high_days")) {
        Severity::High
    } else if used.share >= cx.limit("share") || soon(cx.limit("days")) {
        Severity::Medium
    } else {
        return;
    };
    report(cx, table, column, sequence, &used, severity);
}

fn used(catalog: &Catalog, table: &Table, column: &Column, sequence: Option<&Sequence>) -> Option<Use> {
    let greatest = greatest(catalog.dialect, column)?;
    let given = sequence.and_then(|s| s.last_value.map(|value| (value, "pg_sequences.last_value".to_owned())));
    let seen = column.highest.as_ref().map(|highest| (highest.value, highest.source.clone()));
    let (highest, source) = given.into_iter().chain(seen).max_by_key(|(value, _)| *value)?;
    let dense = || indexing::rows(catalog, table).is_some_and(|rows| rows >= highest as f64 * DENSE);
    let numbered = sequence.is_some() || column.generated.is_some();
    if highest <= 0 || !(numbered || dense()) {
        return None;
    }
    let step = sequence.map_or(1, |sequence| sequence.increment.max(1)) as f64;
    let writes = indexing::writes(catalog, table);
    let window = writes.and_then(|writes| writes.window_s).filter(|window| *window >= DAY_S);
    let per_day = writes.zip(window).map_or(0.0, |(writes, window)| writes.inserts as f64 * step / (window / DAY_S));
    let left = greatest as f64 - highest as f64;
    Some(Use {
        share: highest as f64 / greatest as f64,
        days_left: (per_day > 0.0).then(|| left / per_day),
        highest,
        source,
        greatest,
        per_day,
    })
}

fn report(
    cx: &mut Cx<'_, Catalog>,
    table: &Table,
    column: &Column,
    sequence: Option<&Sequence>,
    used: &Use,
    severity: Severity,
) {
    let catalog = cx.body;
    let name = format!("{}.{}", catalog.qualified(table), catalog.dialect.name(&column.name));
    let date = used.days_left.and_then(|days| runs_out(cx, days));
    let when = date.as_ref().map_or_else(String::new, |date| format!(" and runs out about {date}"));
    let mut finding = cx
        .finding(
            catalog.subject_in(table, &column.name),
            format!("{name} has used {:.0} % of the values of its type {}{when}", used.share * 100.0, column.data_type),
        )
        .severity(severity)
        .evidence("highest", used.highest, "", &used.source)
        .evidence("greatest_possible", used.greatest, "", "type of the column")
        .evidence("used_share", (used.share * 10_000.0).round() / 10_000.0, "ratio", "highest / greatest_possible");
    if let Some(days) = used.days_left {
        finding = finding
            .evidence("values_per_day", used.per_day.round(), "values", "inserts in the statistics window")
            .evidence("days_left", days.round(), "days", "values left / values_per_day");
    }
    if let Some(sequence) = sequence {
        let name = catalog.dialect.qualified(&sequence.schema, &sequence.name);
        finding = finding.evidence("sequence", name, "", "pg_sequences");
    }
    let why = "when it runs out, every insert into the table fails until the type is changed";
    cx.report(match widen(catalog, table, column) {
        Ok(change) => finding.why(why).change(change),
        Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
    });
}

/// The day on which the values run out, when it is within a hundred years.
fn runs_out(cx: &Cx<'_, Catalog>, days: f64) -> Option<String> {
    if days > 36_500.0 {
        return None;
    }
    let left = jiff::SignedDuration::try_from_secs_f64(days * DAY_S).ok()?;
    let end = cx.header.observed_at.checked_add(left).ok()?;
    Some(end.strftime("%Y-%m-%d").to_string())
}

/// The change to `bigint`, of the columns that refer to the key as well.
fn widen(catalog: &Catalog, table: &Table, column: &Column) -> Result<dbwright_core::Change, String> {
    if greatest(catalog.dialect, column) == Some(i64::MAX) {
        return Err(
            "there is no wider whole-number type; find out who uses up the values, or begin again at the negative end"
                .to_owned(),
        );
    }
    let to = if column.base_type.ends_with(" unsigned") { "bigint unsigned" } else { "bigint" };
    let mut columns = vec![Retype { table, column, to }];
    for other in catalog.user_tables() {
        for (constraint, references) in other.foreign_keys().filter(|(c, r)| r.id == Some(table.id) && !c.inherited) {
            let pairs = constraint.columns.iter().zip(&references.columns).filter(|(_, to)| **to == column.name);
            for own in pairs.filter_map(|(own, _)| other.column(own)) {
                let known = columns.iter().any(|one| one.table.id == other.id && one.column.name == own.name);
                if !known && greatest(catalog.dialect, own).is_some_and(|greatest| greatest < i64::MAX) {
                    columns.push(Retype { table: other, column: own, to });
                }
            }
        }
    }
    retype(&Surroundings::of(catalog), &columns)
}
