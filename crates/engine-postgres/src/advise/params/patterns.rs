//! Values for what is no plain comparison: patterns, containers, documents; and which values a column has.

use std::collections::BTreeMap;

use dbwright_sql::Dialect;
use dbwright_sql::lex::{TokenKind, tokens};
use serde_json::Value;

use super::choose::adapted;
use super::conditions::Bound;
use super::skip;
use super::values::{Values, array_text};
use crate::body::{ColumnStats, PgBody};

/// Values that a comparison meets: the column's, or those of an expression over it as far as they can be told.
pub(super) fn stored(body: &PgBody, bound: &Bound) -> Option<Values> {
    let (schema, name) = &bound.relation;
    let table = skip::table(body, schema, name)?;
    let rows = |id: u64| body.tables.get(&id).and_then(|stats| stats.reltuples).unwrap_or(0.0);
    let of = |id: u64| {
        let stats = body.columns.get(&id)?.iter().filter(|stats| stats.column == bound.column);
        // Statistics with the children tell more of a parent than its own.
        let stats: Option<&ColumnStats> = stats.max_by_key(|stats| stats.inherited);
        Values::new(stats?, rows(id))
    };
    let root = skip::root(body, table);
    let values = of(root.id).or_else(|| of(table.id))?;
    match &bound.expression {
        None => Some(values),
        Some(text) => computed(text, &values),
    }
}

/// Values of an expression over a column.
fn computed(text: &str, values: &Values) -> Option<Values> {
    if text.contains("->") {
        return parts(text, values);
    }
    match text.trim_start_matches('(').split('(').next() {
        Some("lower") => Some(values.mapped(str::to_lowercase)),
        Some("upper") => Some(values.mapped(str::to_uppercase)),
        _ => Some(values.clone()),
    }
}

/// What documents hold under the keys that an expression names, as often as the known documents do.
fn parts(text: &str, values: &Values) -> Option<Values> {
    let tokens = tokens(text, Dialect::Postgres);
    let keys = tokens.iter().filter(|token| token.kind == TokenKind::String).map(|token| unquoted(token.text(text)));
    let keys: Vec<_> = keys.collect();
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    let documents: Vec<_> = values.all().filter_map(|text| serde_json::from_str::<Value>(text).ok()).collect();
    for document in &documents {
        let part = keys.iter().try_fold(document, |part, key| part.get(key));
        if let Some(text) = part.and_then(scalar) {
            *counts.entry(text).or_default() += 1.0 / documents.len() as f64;
        }
    }
    let mut common: Vec<_> = counts.into_iter().collect();
    common.sort_by(|a, b| b.1.total_cmp(&a.1));
    (!common.is_empty()).then(|| Values::of(common))
}

/// The text of a literal without quotes.
fn unquoted(literal: &str) -> String {
    literal.trim_matches('\'').replace("''", "'")
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Frequent, middle and rare values for an operator of patterns or containers; none when the statistics don't help.
pub(super) fn values(bound: &Bound, values: &Values, kind: &str, nth: usize) -> Option<[String; 3]> {
    match bound.operator.as_str() {
        "~~" | "!~~" | "~~*" | "!~~*" | "~" | "!~" | "~*" | "!~*" | "^@" => matching(bound, values, nth),
        "@@" => lexemes(values, kind),
        "@>" | "<@" | "&&" | "?" | "?|" | "?&" => contained(bound, values, kind),
        "->" | "->>" => key(values),
        "<->" | "<=>" | "<#>" | "<+>" | "%" | "<%" | "%>" => points(values, kind),
        _ => None,
    }
}

fn points(values: &Values, kind: &str) -> Option<[String; 3]> {
    filled(values.points(0).map(|point| point.and_then(|(value, _)| adapted(&value, kind))))
}

/// What is missing is taken from its neighbours.
fn filled(kinds: [Option<String>; 3]) -> Option<[String; 3]> {
    let any = kinds.iter().flatten().next()?.clone();
    Some(kinds.map(|kind| kind.unwrap_or_else(|| any.clone())))
}

/// Patterns made of values. A parameter that is joined to its wildcards elsewhere is a piece only.
fn matching(bound: &Bound, values: &Values, nth: usize) -> Option<[String; 3]> {
    let anywhere = bound.operator.contains('*');
    let regular = !bound.operator.contains("~~");
    let plain = bound.derived || bound.operator == "^@";
    let mut at = 0;
    let made = values.points(nth).map(|point| {
        at += 1;
        let (value, _) = point?;
        let letters: String = value.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '@')).collect();
        let word = letters.split(' ').max_by_key(|word| word.chars().count())?;
        let take = |count: usize| word.chars().take(count).collect::<String>();
        // The frequent kind is short and matches much, the rare one is long.
        let piece = take([3, 4, 8][at - 1]);
        let start: String = letters.chars().take([3, 4, 8][at - 1]).collect();
        Some(match (plain, regular, anywhere || at == 2) {
            (true, ..) | (_, true, true) => piece,
            (_, true, false) => format!("^{start}"),
            (_, false, true) => format!("%{piece}%"),
            (_, false, false) => format!("{start}%"),
        })
    });
    filled(made)
}

/// Most common, middling and least common of the listed elements.
fn spread(values: &Values) -> Option<[String; 3]> {
    let n = values.elements.len();
    let at = |at: usize| values.elements.get(at).map(|(value, _)| value.clone());
    filled([at(0), at(n / 2), at(n.checked_sub(1)?)])
}

fn lexemes(values: &Values, kind: &str) -> Option<[String; 3]> {
    let found = spread(values)?;
    Some(if kind == "tsquery" { found.map(|word| Dialect::Sqlite.literal(&word)) } else { found })
}

fn contained(bound: &Bound, values: &Values, kind: &str) -> Option<[String; 3]> {
    if kind.ends_with("[]") || (bound.operator == "?" && !values.elements.is_empty()) {
        let found = spread(values)?;
        return Some(if kind.ends_with("[]") { found.map(|element| array_text(&[element])) } else { found });
    }
    if kind == "jsonb" { members(values) } else { key(values) }
}

/// One member of a known document, as a document.
fn members(values: &Values) -> Option<[String; 3]> {
    let mut nth = 0;
    let made = values.points(0).map(|point| {
        let document: Value = serde_json::from_str(&point?.0).ok()?;
        let Value::Object(members) = document else { return Some(document.to_string()) };
        let small = members.into_iter().filter(|(_, value)| scalar(value).is_some()).nth(nth)?;
        nth = 0;
        Some(Value::Object([small].into_iter().collect()).to_string())
    });
    filled(made)
}

/// A key of a known document.
fn key(values: &Values) -> Option<[String; 3]> {
    let made = values.points(0).map(|point| {
        let document: Value = serde_json::from_str(&point?.0).ok()?;
        document.as_object()?.keys().next().cloned()
    });
    filled(made)
}
