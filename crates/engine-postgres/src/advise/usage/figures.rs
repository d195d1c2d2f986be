//! What column statistics say: widths, distinct values, and the share of rows that a condition keeps.

use dbwright_advise::usage::{ColumnFigures, Operator};
use dbwright_sql::model::{Column, ObjectId, Table};

use crate::body::{ColumnStats, PgBody};

/// Types that have no useful order: an ordered index can't or shouldn't have them as keys.
const WITHOUT_ORDER: &[&str] = &[
    "json",
    "jsonb",
    "xml",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "tsvector",
    "tsquery",
    "vector",
    "halfvec",
    "sparsevec",
    "geometry",
    "geography",
    "hstore",
    "xid",
    "cid",
    "aclitem",
    "cube",
    "gtsvector",
    "jsonpath",
];

/// An entry of an ordered index must fit into a third of a page; some values are wider than the average one.
const WIDEST_KEY: f64 = 2_000.0;

/// Statistics of a column, those over a table with its children first for a partitioned one.
pub(super) fn statistics<'a>(body: &'a PgBody, table: ObjectId, column: &str) -> Option<&'a ColumnStats> {
    let all = body.columns.get(&table)?;
    let of = |inherited| all.iter().find(|stats| stats.column == column && stats.inherited == inherited);
    of(false).or_else(|| of(true))
}

/// What is known of a column of a table with so many rows.
pub(super) fn of(body: &PgBody, table: &Table, column: &Column, rows: f64) -> ColumnFigures {
    let stats = statistics(body, table.id, &column.name);
    let width = stats.map_or_else(|| guessed_width(&column.base_type), |stats| f64::from(stats.avg_width));
    let distinct = stats.map(|stats| distinct(stats, rows)).filter(|distinct| *distinct > 0.0);
    let ordered = !WITHOUT_ORDER.contains(&column.base_type.as_str()) && width <= WIDEST_KEY;
    ColumnFigures { name: column.name.clone(), width, distinct, ordered }
}

fn distinct(stats: &ColumnStats, rows: f64) -> f64 {
    if stats.n_distinct < 0.0 { -stats.n_distinct * rows } else { stats.n_distinct }
}

fn guessed_width(base_type: &str) -> f64 {
    match base_type {
        "bool" | "char" => 1.0,
        "int2" => 2.0,
        "int4" | "date" | "float4" | "oid" => 4.0,
        "int8" | "timestamp" | "timestamptz" | "time" | "float8" => 8.0,
        "uuid" | "interval" => 16.0,
        _ => 32.0,
    }
}

/// Share of a table's rows that a comparison with a constant keeps.
pub(super) fn selectivity(
    stats: &ColumnStats,
    rows: f64,
    operator: Operator,
    symbol: &str,
    constant: Option<&str>,
) -> Option<f64> {
    if symbol == "IS NULL" {
        return Some(stats.null_frac);
    }
    if symbol == "IS NOT NULL" {
        return Some(1.0 - stats.null_frac);
    }
    match operator {
        Operator::Equal => Some(equal(stats, rows, constant.and_then(value).as_deref())),
        Operator::In => {
            let values = elements(&value(constant?)?);
            let sum: f64 = values.iter().map(|value| equal(stats, rows, Some(value))).sum();
            Some(sum.min(1.0 - stats.null_frac))
        }
        Operator::Range => range(stats, symbol, &value(constant?)?),
        _ => None,
    }
}

fn equal(stats: &ColumnStats, rows: f64, constant: Option<&str>) -> f64 {
    let common = stats.most_common_vals.as_deref().map(elements).unwrap_or_default();
    let known: f64 = stats.most_common_freqs.iter().sum();
    let distinct = distinct(stats, rows).max(1.0);
    let Some(constant) = constant else { return (1.0 - stats.null_frac) / distinct };
    let found = common.iter().position(|value| value == constant);
    if let Some(share) = found.and_then(|at| stats.most_common_freqs.get(at)) {
        return *share;
    }
    let others = distinct - stats.most_common_freqs.len() as f64;
    ((1.0 - known - stats.null_frac) / others.max(1.0)).clamp(0.0, 1.0)
}

fn range(stats: &ColumnStats, symbol: &str, constant: &str) -> Option<f64> {
    let common = stats.most_common_vals.as_deref().map(elements).unwrap_or_default();
    let bounds = stats.histogram_bounds.as_deref().map(elements).unwrap_or_default();
    let below: f64 = common
        .iter()
        .zip(&stats.most_common_freqs)
        .filter(|(value, _)| before(value, constant))
        .map(|(_, share)| share)
        .sum();
    let known: f64 = stats.most_common_freqs.iter().sum();
    let rest = (1.0 - known - stats.null_frac).max(0.0);
    let share = if bounds.len() < 2 { 0.5 } else { position(&bounds, constant) };
    if bounds.len() < 2 && common.is_empty() {
        return None;
    }
    let below = below + rest * share;
    Some(if symbol.starts_with('<') { below } else { (1.0 - stats.null_frac - below).max(0.0) })
}

/// Share of a histogram that is below a value.
fn position(bounds: &[String], constant: &str) -> f64 {
    let last = bounds.len() - 1;
    let at = bounds.iter().filter(|bound| before(bound, constant)).count();
    if at == 0 {
        return 0.0;
    }
    if at > last {
        return 1.0;
    }
    let ends = (
        bounds.get(at - 1).and_then(|low| number(low)),
        bounds.get(at).and_then(|high| number(high)),
        number(constant),
    );
    let within = match ends {
        (Some(low), Some(high), Some(value)) if high > low => ((value - low) / (high - low)).clamp(0.0, 1.0),
        _ => 0.5,
    };
    ((at - 1) as f64 + within) / last as f64
}

fn before(a: &str, b: &str) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a < b,
        _ => a < b,
    }
}

/// A number, or a date or time as a number that grows with it.
fn number(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        return Some(number);
    }
    let mut parts = text.splitn(2, [' ', 'T']);
    let mut date = parts.next()?.split('-');
    let year: f64 = date.next()?.parse().ok()?;
    let month: f64 = date.next()?.parse().ok()?;
    let day: f64 = date.next()?.parse().ok()?;
    let hour: f64 = parts.next().and_then(|time| time.get(..2)).and_then(|hour| hour.parse().ok()).unwrap_or(0.0);
    Some(year * 372.0 + month * 31.0 + day + hour / 24.0)
}

/// The value of a constant as PostgreSQL prints it: `'x'::text`, `5`, `true`; none for an expression.
pub(super) fn value(constant: &str) -> Option<String> {
    let constant = constant.trim();
    if let Some(rest) = constant.strip_prefix('\'') {
        let mut text = String::new();
        let mut chars = rest.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\'' if chars.next_if_eq(&'\'').is_none() => {
                    let rest: String = chars.collect();
                    return (rest.is_empty() || rest.starts_with("::")).then_some(text);
                }
                c => text.push(c),
            }
        }
        return None;
    }
    let plain = constant.split("::").next().unwrap_or_default();
    match plain {
        "true" => Some("t".to_owned()),
        "false" => Some("f".to_owned()),
        number => number.parse::<f64>().is_ok().then(|| number.to_owned()),
    }
}

/// Elements of an array as text, one level.
pub(super) fn elements(array: &str) -> Vec<String> {
    let Some(inner) = array.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else { return Vec::new() };
    let (mut all, mut one, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        any = true;
        match c {
            '\\' => one.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut one)),
            c => one.push(c),
        }
    }
    if any {
        all.push(one);
    }
    all
}

/// An array constant of some values.
pub(super) fn array(values: &[String]) -> String {
    let quoted = |value: &String| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let text = format!("{{{}}}", values.iter().map(quoted).collect::<Vec<_>>().join(","));
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats() -> ColumnStats {
        ColumnStats {
            null_frac: 0.1,
            n_distinct: 102.0,
            most_common_vals: Some(r#"{5,"a,\"b"}"#.to_owned()),
            most_common_freqs: vec![0.3, 0.1],
            histogram_bounds: Some("{0,10,20,30,40}".to_owned()),
            ..ColumnStats::default()
        }
    }

    #[test]
    fn shares_follow_the_statistics() {
        let of =
            |operator, symbol: &str, constant: &str| selectivity(&stats(), 1_000.0, operator, symbol, Some(constant));
        assert_eq!(of(Operator::Equal, "=", "5"), Some(0.3));
        assert_eq!(of(Operator::Equal, "=", "'a,\"b'::text"), Some(0.1));
        assert!(of(Operator::Equal, "=", "7").is_some_and(|share| (share - 0.005).abs() < 1e-9));
        assert!(of(Operator::In, "=", "'{5,7}'::integer[]").is_some_and(|share| (share - 0.305).abs() < 1e-9));
        assert_eq!(selectivity(&stats(), 1_000.0, Operator::Equal, "IS NULL", None), Some(0.1));
        // All of 5, and half of the rest.
        assert!(of(Operator::Range, "<", "'20'::bigint").is_some_and(|share| (share - 0.55).abs() < 1e-9));
        assert_eq!(of(Operator::Range, ">", "now()"), None);
    }

    #[test]
    fn values_and_dates_are_read() {
        assert_eq!(value("'it''s'::text").as_deref(), Some("it's"));
        assert_eq!(value("('x'::text || 'y'::text)"), None);
        assert_eq!(value("true").as_deref(), Some("t"));
        assert!(before("1994-02-28", "1994-03-01") && before("2020-01-01 09:00:00+00", "2020-01-01 10:00:00"));
        assert_eq!(elements("{}"), Vec::<String>::new());
        let odd = ["a'b", "c\"d", "e\\f,"].map(str::to_owned);
        assert_eq!(value(&array(&odd)).map(|array| elements(&array)).as_deref(), Some(odd.as_slice()));
        assert_eq!(elements(r#"{a,"b c","d\"e"}"#), ["a", "b c", "d\"e"]);
    }
}
