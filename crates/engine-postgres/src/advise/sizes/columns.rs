//! What is known of one key: how its values are stored, how long they are, and how often they repeat.

use dbwright_advise::index::KeyPart;
use dbwright_sql::model::{Index, Table};

use crate::body::{ColumnStats, PgBody};

/// How a key's values are stored and spread.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    /// The column, when it is one.
    pub(super) column: Option<String>,
    /// Bytes of a value: all the same, or as many samples as the statistics give, equally likely.
    pub(super) lengths: Vec<f64>,
    /// What a value's place must be a multiple of.
    pub(super) align: f64,
    /// Share of nulls.
    pub(super) nulls: f64,
    /// Distinct values, nulls left out; none when unknown.
    pub(super) distinct: Option<f64>,
    /// Frequencies of the most common values.
    pub(super) common: Vec<f64>,
    /// Physical order against logical order.
    pub(super) correlation: f64,
    /// Whether equal values are stored alike, so that entries may share them.
    pub(super) shares: bool,
    /// Base type.
    pub(super) base: String,
    /// Mean elements of an array, when known.
    pub(super) elements: Option<f64>,
}

/// Samples of lengths that are drawn from the statistics.
const SAMPLES: usize = 97;

/// Looks a key up.
pub(super) fn figures(body: &PgBody, table: &Table, part: &KeyPart) -> Figures {
    match part {
        KeyPart::Column(name) => column(body, table, name),
        KeyPart::Expression(text) => expression(body, table, text),
    }
}

/// A column, by its statistics; without them by its type.
pub(super) fn column(body: &PgBody, table: &Table, name: &str) -> Figures {
    let known = table.column(name);
    let base = known.map_or("", |column| column.base_type.as_str());
    let is_enum = body.catalog.types.iter().any(|kind| kind.kind == "enum" && kind.name == base);
    let fixed = if is_enum { Some((4.0, 4.0)) } else { fixed(base) };
    let all = body.columns.get(&table.id);
    let stats = all.and_then(|all| all.iter().find(|stats| stats.column == name && !stats.inherited));
    let rows = table.rows.unwrap_or(0.0);
    let lengths = match (fixed, stats) {
        (Some((length, _)), _) => vec![length],
        (None, Some(stats)) => lengths(stats, if base == "numeric" { number } else { string }),
        (None, None) => vec![guess(known.map_or("", |column| column.data_type.as_str()))],
    };
    let unsafe_collation = known.and_then(|column| column.collation.as_ref()).is_some();
    Figures {
        column: Some(name.to_owned()),
        lengths,
        align: fixed.map_or(1.0, |(_, align)| align),
        nulls: stats.map_or(0.0, |stats| stats.null_frac),
        distinct: stats.map(|stats| distinct(stats, rows).max(at_least(body, table, name, rows)).min(rows.max(1.0))),
        common: stats.map(|stats| stats.most_common_freqs.clone()).unwrap_or_default(),
        correlation: stats.and_then(|stats| stats.correlation).unwrap_or(0.0),
        shares: shares(base) && !unsafe_collation,
        base: base.to_owned(),
        elements: stats.and_then(|stats| stats.elem_count_histogram.last().copied()),
    }
}

/// An expression: as the one column that it mentions, when it keeps that one's length, else eight bytes.
fn expression(body: &PgBody, table: &Table, text: &str) -> Figures {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let mut mentioned = table.columns.iter().filter(|column| words.contains(&column.name.as_str()));
    let only = mentioned.next().filter(|_| mentioned.next().is_none());
    let keeps = ["lower", "upper", "to_tsvector", "trim", "btrim", "reverse", "unaccent"];
    let like = only.map(|only| column(body, table, &only.name));
    match like {
        Some(like) if words.iter().any(|word| keeps.contains(word)) => Figures { column: None, ..like },
        like => Figures {
            column: None,
            lengths: vec![8.0],
            align: 8.0,
            nulls: like.as_ref().map_or(0.0, |like| like.nulls),
            distinct: like.as_ref().and_then(|like| like.distinct),
            common: Vec::new(),
            correlation: like.as_ref().map_or(0.0, |like| like.correlation),
            shares: true,
            base: String::new(),
            elements: None,
        },
    }
}

/// Distinct values of a column of so many rows.
fn distinct(stats: &ColumnStats, rows: f64) -> f64 {
    let all = if stats.n_distinct < 0.0 { -stats.n_distinct * rows } else { stats.n_distinct };
    all.max(1.0)
}

/// What unique indexes tell of a column: two rows that agree in all other columns of one differ in this column.
/// Statistics underestimate columns whose equal values lie side by side, which samples of pages see once.
fn at_least(body: &PgBody, table: &Table, name: &str, rows: f64) -> f64 {
    let all = body.columns.get(&table.id);
    let stats = |name: &str| all.and_then(|all| all.iter().find(|stats| stats.column == name && !stats.inherited));
    let whole = table.indexes.iter().filter(|index| {
        index.unique && index.predicate.is_none() && index.leading_columns().count() == index.keys.len()
    });
    let bound = |index: &Index| {
        let others: Vec<_> = index.leading_columns().filter(|column| *column != name).map(stats).collect();
        if others.len() == index.keys.len() {
            return 1.0; // it is not among them
        }
        let even: f64 = others.iter().map(|stats| stats.map_or(rows, |stats| distinct(stats, rows))).product();
        let most = match others.as_slice() {
            [Some(only)] => only.most_common_freqs.first().copied().unwrap_or(0.0),
            _ => 0.0,
        };
        (rows / even).max(rows * most)
    };
    whole.map(bound).fold(1.0, f64::max)
}

/// Bytes and alignment of types whose values are all of one length.
fn fixed(base: &str) -> Option<(f64, f64)> {
    Some(match base {
        "bool" | "char" => (1.0, 1.0),
        "int2" => (2.0, 2.0),
        "int4" | "float4" | "date" | "oid" | "regclass" | "xid" => (4.0, 4.0),
        "int8" | "float8" | "timestamp" | "timestamptz" | "time" | "money" | "pg_lsn" => (8.0, 8.0),
        "timetz" => (12.0, 8.0),
        "interval" | "point" => (16.0, 8.0),
        "uuid" => (16.0, 1.0),
        "macaddr" => (6.0, 4.0),
        "macaddr8" => (8.0, 4.0),
        "name" => (64.0, 1.0),
        _ => return None,
    })
}

/// Whether equal values are always stored alike: then a b-tree puts the rows of one key together.
fn shares(base: &str) -> bool {
    let never = ["numeric", "float4", "float8", "jsonb", "interval", "record"];
    !never.contains(&base) && !base.starts_with('_') && !base.ends_with("range") && !base.ends_with("[]")
}

/// A length for a type without statistics.
fn guess(data_type: &str) -> f64 {
    let limit = data_type.split_once('(').and_then(|(_, rest)| rest.split(')').next()?.parse::<f64>().ok());
    match limit {
        Some(limit) if data_type.starts_with("character(") => limit + 1.0,
        Some(limit) => (limit / 2.0).min(32.0) + 1.0,
        None => 17.0,
    }
}

/// Stored lengths of a string column. Common values and the histogram show how they vary; the mean is what was measured.
fn lengths(stats: &ColumnStats, length: fn(&str) -> f64) -> Vec<f64> {
    let mean = f64::from(stats.avg_width);
    let each = |text: &Option<String>| -> Vec<f64> {
        text.as_deref().map(elements).unwrap_or_default().iter().map(|text| length(text)).collect()
    };
    let (common, bounds) = (each(&stats.most_common_vals), each(&stats.histogram_bounds));
    let mass: f64 = stats.most_common_freqs.iter().sum();
    let rest = (1.0 - stats.null_frac - mass).max(0.0);
    let each = rest / bounds.len().max(1) as f64;
    let weighted = common.iter().zip(&stats.most_common_freqs).map(|(length, share)| (*length, *share));
    let weighted: Vec<(f64, f64)> = weighted.chain(bounds.iter().map(|length| (*length, each))).collect();
    let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    if total <= 0.0 {
        return vec![mean];
    }
    let drawn = draw(&weighted, total);
    // Values are compressed, padded or numbers: then their text says little of their length.
    let shown = drawn.iter().sum::<f64>() / drawn.len() as f64;
    let shift = mean - shown;
    if shift.abs() > 0.2 * mean + 2.0 { vec![mean] } else { drawn }
}

/// Equally likely samples of weighted lengths, in an order that does not follow the lengths.
fn draw(weighted: &[(f64, f64)], total: f64) -> Vec<f64> {
    let mut samples = vec![0.0; SAMPLES];
    let (mut at, mut passed) = (0, 0.0);
    for number in 0..SAMPLES {
        let point = (number as f64 + 0.5) / SAMPLES as f64 * total;
        while at + 1 < weighted.len() && passed + weighted[at].1 < point {
            passed += weighted[at].1;
            at += 1;
        }
        samples[number * 31 % SAMPLES] = weighted[at].0;
    }
    samples
}

/// The elements of an array's text.
fn elements(text: &str) -> Vec<String> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default();
    let (mut all, mut one, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in inner.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                one.push(c);
            }
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut one)),
            _ => one.push(c),
        }
    }
    if !inner.is_empty() {
        all.push(one);
    }
    all
}

/// Stored length of a string: its bytes and a short header.
fn string(text: &str) -> f64 {
    text.len() as f64 + 1.0
}

/// Stored length of a number: a short header, its own header, and two bytes for each four digits on either side of the point.
fn number(text: &str) -> f64 {
    let (whole, fraction) = text.trim_start_matches('-').split_once('.').unwrap_or((text, ""));
    let groups = |digits: usize| digits.div_ceil(4) as f64;
    let (whole, fraction) = (whole.trim_start_matches(['-', '0']), fraction.trim_end_matches('0'));
    3.0 + 2.0 * (groups(whole.len()) + groups(fraction.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_come_from_common_values_and_histogram() {
        assert_eq!(elements(r#"{a,"b,\"c",,dd}"#), ["a", "b,\"c", "", "dd"]);
        assert_eq!(["0.05", "0.00", "34567.89", "-2500.50"].map(number), [5.0, 3.0, 9.0, 7.0]);
        let stats = ColumnStats {
            avg_width: 4,
            most_common_freqs: vec![0.5],
            most_common_vals: Some("{abc}".to_owned()),
            histogram_bounds: Some("{ab,abcd}".to_owned()),
            ..ColumnStats::default()
        };
        let drawn = lengths(&stats, string);
        let share = |wanted: f64| drawn.iter().filter(|length| **length == wanted).count() as f64 / drawn.len() as f64;
        assert!((share(4.0) - 0.5).abs() < 0.02 && (share(3.0) - 0.25).abs() < 0.02, "{drawn:?}");
    }
}
