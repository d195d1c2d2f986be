//! Block ranges: a few bytes for each stretch of a table whose rows lie in the order of a column.

use dbwright_advise::index::{Index, Key};
use dbwright_advise::usage::Operator;

use super::Subject;

/// Pages from which a table is worth it: 8 MB.
const PAGES: i64 = 1_000;

/// How well rows must lie in order.
const CORRELATION: f64 = 0.95;

/// Types whose smallest and greatest values a block range keeps.
const TYPES: &[&str] = &[
    "int2",
    "int4",
    "int8",
    "float4",
    "float8",
    "numeric",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "text",
    "varchar",
    "bpchar",
    "uuid",
    "oid",
    "bytea",
    "interval",
    "inet",
];

/// Block range indexes for conditions on correlated columns.
pub(super) fn candidates(subject: &Subject<'_>) -> Vec<Index> {
    let pages = subject.pages();
    if pages < PAGES {
        return Vec::new();
    }
    let mut found = Vec::new();
    for condition in
        subject.conditions().filter(|c| matches!(c.operator, Operator::Range | Operator::Equal | Operator::In))
    {
        let Some(column) = subject.column(&condition.part) else { continue };
        let correlation = subject.statistics(&column.name).and_then(|stats| stats.correlation);
        let ordered = correlation.is_some_and(|correlation| correlation.abs() > CORRELATION);
        if ordered && TYPES.contains(&column.base_type.as_str()) && condition.symbol != "IS NULL" {
            let index = subject.index("brin", vec![Key::of(condition.part.clone())]);
            found.push(Index { options: options(pages), ..index });
        }
    }
    found
}

/// The default of 128 pages a range is for large tables; in a smaller one it would leave few ranges to tell apart.
fn options(pages: i64) -> Vec<(String, String)> {
    let range = match pages {
        ..10_000 => "16",
        10_000..100_000 => "32",
        _ => return Vec::new(),
    };
    vec![("pages_per_range".to_owned(), range.to_owned())]
}
