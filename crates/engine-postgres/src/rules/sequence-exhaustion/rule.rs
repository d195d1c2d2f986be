//! `pg/sequence-exhaustion`: a sequence near its end, or near the end of the column that it feeds.
//!
//! What ends first decides the change: a sequence narrower than its column is widened at once, a narrow
//! column has to be rewritten. A cycling sequence starts again and is meant to.

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::model::{Column, Sequence, Table};

use crate::body::{PgBody, area};
use crate::words;

/// Reports sequences that have used most of their values.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    let by_id = body.catalog.by_id();
    let mut unreadable = Vec::new();
    for sequence in body.catalog.sequences.iter().filter(|sequence| !sequence.cycle && sequence.increment != 0) {
        if !sequence.readable {
            unreadable.push(body.catalog.dialect.qualified(&sequence.schema, &sequence.name));
            continue;
        }
        let fed = sequence.column.as_ref().and_then(|(table, column)| {
            let table = *by_id.get(table)?;
            Some((table, table.column(column)?))
        });
        let Some(span) = Span::of(sequence, fed.map(|(_, column)| column)) else { continue };
        if span.used() >= cx.limit("medium_share") {
            let finding = finding(cx, sequence, fed, span);
            cx.report(finding);
        }
    }
    if !unreadable.is_empty() {
        let gap = cx.header.gaps.iter().find(|gap| gap.area == area::SEQUENCES_PARTIAL);
        let remedy =
            gap.and_then(|gap| gap.remedy.as_deref()).unwrap_or("check again when nobody holds a lock on them");
        cx.not_looked(format!("the last values of {} can't be read", words::some_of(&unreadable)), Some(remedy));
    }
}

/// The values from a sequence's first to the last that fits, and how far it has come.
#[derive(Clone, Copy)]
struct Span {
    /// First value, by the sequence's own bounds.
    first: i64,
    /// Last value that both the sequence and the column can hold.
    last: i64,
    /// Value given out last.
    at: i64,
    /// Whether the column ends before the sequence.
    column_ends: bool,
}

impl Span {
    fn of(sequence: &Sequence, column: Option<&Column>) -> Option<Self> {
        let up = sequence.increment > 0;
        let (first, own) =
            if up { (sequence.min_value, sequence.max_value) } else { (sequence.max_value, sequence.min_value) };
        let fed_type = column.map(|column| column.base_type.as_str());
        let column = fed_type.and_then(range).map_or(own, |(low, high)| if up { high } else { low });
        // Where both end at once, as with serial and identity, the column is what has to be widened.
        let narrow = matches!(fed_type, Some("int2" | "int4"));
        let column_ends = narrow && if up { column <= own } else { column >= own };
        Some(Self { first, last: if column_ends { column } else { own }, at: sequence.last_value?, column_ends })
    }

    /// Share of the values that is used, 0 to 1 and more when the column is passed already.
    fn used(self) -> f64 {
        let distance = |from: i64, to: i64| words::as_f64(to.abs_diff(from));
        distance(self.first, self.at) / distance(self.first, self.last).max(1.0)
    }

    /// Values still to come.
    fn left(self, increment: i64) -> u64 {
        let ahead = if increment > 0 { self.last.saturating_sub(self.at) } else { self.at.saturating_sub(self.last) };
        ahead.max(0).unsigned_abs() / increment.unsigned_abs().max(1)
    }
}

/// Bounds of a whole-number type.
fn range(base_type: &str) -> Option<(i64, i64)> {
    match base_type {
        "int2" => Some((i16::MIN.into(), i16::MAX.into())),
        "int4" => Some((i32::MIN.into(), i32::MAX.into())),
        "int8" => Some((i64::MIN, i64::MAX)),
        _ => None,
    }
}

fn finding(cx: &Cx<'_, PgBody>, sequence: &Sequence, fed: Option<(&Table, &Column)>, span: Span) -> Finding {
    let dialect = cx.body.catalog.dialect;
    let name = dialect.qualified(&sequence.schema, &sequence.name);
    let used = span.used();
    let left = words::as_f64(span.left(sequence.increment));
    let severity = match used {
        used if used >= cx.limit("critical_share") => Severity::Critical,
        used if used >= cx.limit("high_share") => Severity::High,
        _ => Severity::Medium,
    };
    let end = if span.column_ends { "the end of its column's type" } else { "its end" };
    let mut finding = cx
        .finding(
            dialect.subject(&[&sequence.schema, &sequence.name]),
            format!(
                "sequence {name} has used {} of its values: {} are left to {end}",
                words::percent(used.min(1.0)),
                words::count(left)
            ),
        )
        .severity(severity)
        .evidence("last_value", span.at, "", "the sequence")
        .evidence("last possible value", span.last, "", if span.column_ends { "pg_attribute" } else { "pg_sequence" })
        .evidence("increment", sequence.increment, "", "pg_sequence")
        .evidence("values left", span.left(sequence.increment), "values", "computed");
    if let Some((table, column)) = fed {
        let column = cx.body.catalog.subject_in(table, &column.name);
        finding = finding.evidence("column", column, "", "pg_depend");
    }
    match mend(cx.body, sequence, fed, span) {
        Ok((change, why)) => finding.why(why).change(change),
        Err(why) => finding.why(why),
    }
}

/// What happens at the end.
const HARM: &str = "when it ends, every insert that takes a value from it fails";

/// The change with its explanation, or why there is none.
fn mend(
    body: &PgBody,
    sequence: &Sequence,
    fed: Option<(&Table, &Column)>,
    span: Span,
) -> Result<(Change, String), String> {
    let name = body.catalog.dialect.qualified(&sequence.schema, &sequence.name);
    if let (true, Some((table, column))) = (span.column_ends, fed) {
        let why = format!(
            "{HARM}; columns that refer to {} have to become bigint as well, and views on it have to be made anew; \
             on a large table, fill a second column in the background and swap the two instead",
            body.catalog.dialect.name(&column.name)
        );
        return Ok((widen_column(body, sequence, &name, table, column), why));
    }
    let why = format!("{HARM}; nothing but the sequence's own bound stops it here, so widening it is enough");
    let change = widen(sequence, &name, fed).ok_or_else(|| {
        format!("{HARM}; it is at the end of bigint: let it CYCLE, or start it anew where old values are gone")
    })?;
    Ok((change, why))
}

/// Makes the column `bigint`, and the sequence too. An identity column takes its sequence along by itself.
fn widen_column(body: &PgBody, sequence: &Sequence, name: &str, table: &Table, column: &Column) -> Change {
    let (of, column_name) = (body.catalog.qualified(table), body.catalog.dialect.name(&column.name));
    let retype = |to: &str| format!("ALTER TABLE {of} ALTER COLUMN {column_name} TYPE {to}");
    let reach = |to: &str| format!("ALTER SEQUENCE {name} AS {to}");
    let old = type_word(&sequence.data_type);
    let (forward, back) = if old == "bigint" {
        (vec![retype("bigint")], vec![retype(&column.data_type)])
    } else {
        (vec![retype("bigint"), reach("bigint")], vec![reach(old), retype(&column.data_type)])
    };
    let size = table.bytes.map_or_else(|| "all of it".to_owned(), words::bytes);
    let lock = format!(
        "ACCESS EXCLUSIVE on the table while it ({size}) and its indexes are written anew: reads and writes wait"
    );
    Change::new(forward, lock).back(back)
}

/// Widens a sequence as far as its column, or bigint, goes.
fn widen(sequence: &Sequence, name: &str, fed: Option<(&Table, &Column)>) -> Option<Change> {
    let wide = fed.and_then(|(_, column)| range(&column.base_type)).unwrap_or((i64::MIN, i64::MAX));
    let word = fed.map_or("bigint", |(_, column)| type_word(&column.base_type));
    let old = type_word(&sequence.data_type);
    let (bound, from, to) = if sequence.increment > 0 {
        ("MAXVALUE", sequence.max_value, wide.1)
    } else {
        ("MINVALUE", sequence.min_value, wide.0)
    };
    if from == to {
        return None;
    }
    let change = Change::new(
        [format!("ALTER SEQUENCE {name} AS {word} {bound} {to}")],
        "SHARE ROW EXCLUSIVE on the sequence, briefly: inserts that need a value wait",
    );
    Some(change.back([format!("ALTER SEQUENCE {name} AS {old} {bound} {from}")]))
}

fn type_word(base_type: &str) -> &'static str {
    match base_type {
        "int2" => "smallint",
        "int4" => "integer",
        _ => "bigint",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(first: i64, last: i64, at: i64) -> Span {
        Span { first, last, at, column_ends: false }
    }

    #[test]
    fn the_share_counts_from_the_first_value_in_either_direction() {
        assert!((span(1, 1001, 501).used() - 0.5).abs() < 1e-9);
        assert!((span(-1, -101, -51).used() - 0.5).abs() < 1e-9);
        assert!((span(i64::MIN, i64::MAX, 0).used() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn what_is_left_is_counted_in_steps() {
        assert_eq!(span(1, 100, 90).left(5), 2);
        assert_eq!(span(-1, -100, -90).left(-1), 10);
        assert_eq!(span(1, 100, 150).left(1), 0);
    }
}
