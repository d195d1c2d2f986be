//! `sql/foreign-key-type-mismatch`: a column refers to one of another type.

use dbwright_core::{Cx, Severity};

use crate::Dialect;
use crate::model::{Catalog, Column, Constraint, References, Table};
use crate::render::{Retype, Surroundings, retype};

/// A column, the one that it refers to with its table, and what that does.
struct Mismatch<'a> {
    constraint: &'a str,
    own: &'a Column,
    parent: &'a Table,
    other: &'a Column,
    harm: Harm,
}

/// Reports each pair of columns of a foreign key whose types differ in a way that matters.
pub(super) fn check(cx: &mut Cx<'_, Catalog>) {
    let catalog = cx.body;
    let by_id = catalog.by_id();
    let around = Surroundings::of(catalog);
    for table in catalog.user_tables() {
        let mut found: Vec<Mismatch<'_>> = Vec::new();
        for (constraint, references) in table.foreign_keys().filter(|(constraint, _)| !constraint.inherited) {
            let Some(parent) = references.id.and_then(|id| by_id.get(&id).copied()) else { continue };
            for (own, other) in pairs(table, constraint, parent, references) {
                let known = found.iter().any(|mismatch| mismatch.own.name == own.name);
                let harm = harm(catalog.dialect, own, other).filter(|_| !known);
                found.extend(harm.map(|harm| Mismatch { constraint: &constraint.name, own, parent, other, harm }));
            }
        }
        for mismatch in &found {
            report(cx, &around, table, mismatch, &found);
        }
    }
}

fn pairs<'a>(
    table: &'a Table,
    constraint: &'a Constraint,
    parent: &'a Table,
    references: &'a References,
) -> impl Iterator<Item = (&'a Column, &'a Column)> {
    let names = constraint.columns.iter().zip(&references.columns);
    names.filter_map(|(own, other)| Some((table.column(own)?, parent.column(other)?)))
}

/// How a pair of types hurts.
struct Harm {
    severity: Severity,
    why: &'static str,
    /// Whether the referenced column is the one to change.
    widen_parent: bool,
}

/// Whole numbers of PostgreSQL, the narrowest first.
const INTEGERS: [&str; 3] = ["int2", "int4", "int8"];
/// Types whose values compare as plain text, whatever their greatest length.
const TEXTS: [&str; 2] = ["text", "varchar"];
/// Likewise in MySQL, which refuses foreign keys between whole numbers of different types.
const MYSQL_TEXTS: [&str; 2] = ["char", "varchar"];

fn harm(dialect: Dialect, own: &Column, other: &Column) -> Option<Harm> {
    let (a, b) = (own.base_type.as_str(), other.base_type.as_str());
    if a == b {
        return None;
    }
    let harm = |severity, why, widen_parent| Some(Harm { severity, why, widen_parent });
    if dialect == Dialect::Sqlite {
        let numbers = |kind: &str| matches!(kind, "integer" | "numeric" | "real");
        let why = "values are stored in different forms ('7' as a text is not the number 7), so joins miss rows or can't use the index";
        return if numbers(a) && numbers(b) { None } else { harm(Severity::Medium, why, false) };
    }
    let rank = |kind: &str| INTEGERS.iter().position(|known| *known == kind);
    match (rank(a), rank(b)) {
        (Some(narrow), Some(wide)) if narrow < wide => {
            let why = "the referencing column is the narrower one: once the referenced key outgrows it, rows that point to it can't be inserted";
            return harm(outgrown(own, other), why, false);
        }
        (Some(_), Some(_)) => {
            let why = "the referenced column is the narrower one: the other wastes space, and the key runs out before its references do";
            return harm(Severity::Low, why, true);
        }
        _ => {}
    }
    let texts = if dialect == Dialect::Mysql { MYSQL_TEXTS } else { TEXTS };
    if texts.contains(&a) && texts.contains(&b) {
        return None;
    }
    harm(
        Severity::Medium,
        "each check and each join converts one side, so that values that look alike may differ and indexes may not be used",
        false,
    )
}

/// Share of a narrower column's values that the referenced key has used, from which the end is near.
const NEAR: f64 = 0.8;

/// How bad it is that a referencing column is narrower: worse the nearer the referenced key is to its end.
fn outgrown(own: &Column, other: &Column) -> Severity {
    let end = if own.base_type == "int2" { f64::from(i16::MAX) } else { f64::from(i32::MAX) };
    match other.highest.as_ref().map(|highest| highest.value as f64 / end) {
        Some(used) if used >= 1.0 => Severity::Critical,
        Some(used) if used >= NEAR => Severity::High,
        _ => Severity::Medium,
    }
}

fn report(
    cx: &mut Cx<'_, Catalog>,
    around: &Surroundings<'_>,
    table: &Table,
    mismatch: &Mismatch<'_>,
    all: &[Mismatch<'_>],
) {
    let catalog = around.catalog;
    let Mismatch { constraint, own, parent, other, harm } = mismatch;
    let name =
        |table: &Table, column: &Column| format!("{}.{}", catalog.qualified(table), catalog.dialect.name(&column.name));
    let title = format!("{} ({}) refers to {} ({})", name(table, own), shown(own), name(parent, other), shown(other));
    let mut finding = cx
        .finding(catalog.subject_in(table, &own.name), title)
        .severity(harm.severity)
        .evidence("foreign_key", *constraint, "", "catalog")
        .evidence("type", shown(own), "", "catalog")
        .evidence("referenced_type", shown(other), "", "catalog");
    if let Some(highest) = other.highest.as_ref().filter(|_| harm.severity > Severity::Medium) {
        finding = finding.evidence("referenced_highest", highest.value, "", &highest.source);
    }
    // Rebuilding a table in SQLite changes all its columns at once: a second rebuild would bring the first one's back.
    let columns: Vec<(&Table, &Column, String)> = match (catalog.dialect, harm.widen_parent) {
        (Dialect::Sqlite, _) => all.iter().map(|one| (table, one.own, sqlite_type(one.other))).collect(),
        (Dialect::Postgres | Dialect::Mysql, true) => vec![(parent, other, own.data_type.clone())],
        (Dialect::Postgres | Dialect::Mysql, false) => vec![(table, own, other.data_type.clone())],
    };
    let columns: Vec<Retype<'_>> = columns.iter().map(|(table, column, to)| Retype { table, column, to }).collect();
    cx.report(match retype(around, &columns) {
        Ok(change) => finding.why(harm.why).change(change),
        Err(reason) => finding.why(format!("{}. No change is given: {reason}", harm.why)),
    });
}

/// A column's type for people.
fn shown(column: &Column) -> String {
    if column.data_type.is_empty() {
        format!("no type, {} affinity", column.base_type)
    } else {
        column.data_type.clone()
    }
}

/// The type to give to a column that refers to this one; of the names that a STRICT table takes, where the affinity has one.
fn sqlite_type(column: &Column) -> String {
    if column.data_type.is_empty() { String::new() } else { column.base_type.to_uppercase() }
}
