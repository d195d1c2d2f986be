//! Comparisons: what is compared, how, and with what.

use std::ops::Range;

use dbwright_advise::index::KeyPart;
use dbwright_advise::usage::Operator;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Table};

use super::expr::{Form, Node};
use super::figures;
use super::lex::Source;
use super::names::unqualified;

/// One side of a comparison and how it is compared with the other one.
#[derive(Debug)]
pub(super) struct Comparison<'n> {
    /// The side that an index could be on.
    pub(super) own: &'n Node,
    /// The other side.
    pub(super) other: &'n Node,
    /// The operator as if `own` stood left.
    pub(super) symbol: String,
    /// Whether any element of an array on the other side will do.
    pub(super) any: bool,
}

/// The comparison that a condition is, from the left or from the right side.
pub(super) fn comparison(node: &Node, from_right: bool) -> Option<Comparison<'_>> {
    let (symbol, left, right, any) = match &node.form {
        Form::Compare { symbol, left, right } => (symbol, left, right, false),
        Form::Any { symbol, left, right } => (symbol, left, right, true),
        _ => return None,
    };
    if from_right && any {
        return None;
    }
    let (own, other) = if from_right { (right, left) } else { (left, right) };
    let symbol = if from_right { commuted(symbol)? } else { symbol.as_str() };
    Some(Comparison { own, other, symbol: symbol.to_owned(), any })
}

/// The operator with its sides exchanged; none when there is no such operator.
fn commuted(symbol: &str) -> Option<&str> {
    Some(match symbol {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "@>" => "<@",
        "<@" => "@>",
        "<<" => ">>",
        ">>" => "<<",
        "<%" => "%>",
        "%>" => "<%",
        "<<%" => "%>>",
        "%>>" => "<<%",
        "=" | "<>" | "&&" | "@@" | "<->" | "<#>" | "<=>" | "<+>" | "<~>" | "<%>" | "%" | "-|-" | "~=" => symbol,
        _ => return None,
    })
}

/// Operators that order by a distance.
pub(super) fn is_distance(symbol: &str) -> bool {
    matches!(
        symbol,
        "<->" | "<#>" | "<=>" | "<+>" | "<~>" | "<%>" | "<<->" | "<->>" | "<<<->" | "<->>>" | "<<->>" | "<<#>>" | "|=|"
    )
}

/// What kind of condition an operator with a constant makes.
pub(super) fn kind(symbol: &str, any: bool, constant: Option<&str>) -> Operator {
    let pattern = |prefix: bool| if prefix && !any { Operator::Prefix } else { Operator::Pattern };
    let value = constant.and_then(figures::value);
    match symbol {
        "=" if any => Operator::In,
        "=" => Operator::Equal,
        "<" | "<=" | ">" | ">=" if !any => Operator::Range,
        "~~" => pattern(value.is_some_and(|value| !value.starts_with(['%', '_']))),
        "^@" => Operator::Prefix,
        "~" => pattern(value.is_some_and(|value| anchored(&value))),
        "~~*" | "~*" => Operator::Pattern,
        "@>" | "<@" | "&&" | "?" | "?|" | "?&" | "@@" | "@@@" | "@?" | "<<" | ">>" | "&<" | "&>" | "-|-" | "<<|"
        | "|>>" | "&<|" | "|&>" | "~=" | "<<=" | ">>=" | "%" | "<%" | "%>" | "<<%" | "%>>" | "&&&" | "<^" | ">^"
        | "?-" | "?#" => Operator::Contains,
        _ => Operator::Filter,
    }
}

/// Whether a regular expression begins with text that must stand at the start.
fn anchored(pattern: &str) -> bool {
    pattern.strip_prefix('^').and_then(|rest| rest.chars().next()).is_some_and(|c| c.is_alphanumeric() || c == ' ')
}

/// What an index on one side would have as its key: the column where PostgreSQL looks through a cast, else the expression.
pub(super) fn part(source: &Source<'_>, node: &Node, table: &Table) -> KeyPart {
    if let Some(column) = bare(node, table) {
        return KeyPart::Column(column.name.clone());
    }
    KeyPart::Expression(unqualified(source, &node.tokens))
}

/// Like [`part`], with the collation of the comparison when it is not the column's own.
pub(super) fn collated(source: &Source<'_>, node: &Node, table: &Table, tokens: Range<usize>) -> KeyPart {
    let part = part(source, node, table);
    let KeyPart::Column(name) = &part else { return part };
    let Some(at) = tokens.clone().rfind(|at| source.is(*at, "COLLATE")) else {
        // A cast of text to text is all that a collation of the statement leaves to see; it is "C" nearly always.
        let cast = matches!(&node.form, Form::Cast { to, .. } if to == "text")
            && table.column(name).is_some_and(|c| c.base_type == "text");
        return if cast {
            KeyPart::Expression(format!("{} COLLATE \"C\"", Dialect::Postgres.name(name)))
        } else {
            part
        };
    };
    let mut end = at + 2;
    while source.is(end, ".") {
        end += 2;
    }
    let collation = source.slice(&(at + 1..end));
    let own = table.column(name).and_then(|column| column.collation.as_deref());
    if own.is_some_and(|own| same_collation(own, collation)) {
        return part;
    }
    KeyPart::Expression(format!("{} COLLATE {collation}", Dialect::Postgres.name(name)))
}

/// Whether two printed collations are the same, quoted and qualified or not.
pub(super) fn same_collation(a: &str, b: &str) -> bool {
    let bare = |text: &str| {
        text.rsplit("\".\"").next().unwrap_or(text).rsplit_once("pg_catalog.").map_or(text, |x| x.1).replace('"', "")
    };
    bare(a) == bare(b)
}

/// The column that a side is, through casts that change nothing about its order.
pub(super) fn bare<'t>(node: &Node, table: &'t Table) -> Option<&'t Column> {
    match &node.form {
        Form::Column { name, .. } => table.column(name),
        Form::Cast { of, to } => {
            let column = bare(of, table)?;
            relabels(column, to).then_some(column)
        }
        Form::Collate { of, .. } => bare(of, table),
        _ => None,
    }
}

/// Whether a cast keeps the value as it is, so that an index on the column serves the cast.
fn relabels(column: &Column, to: &str) -> bool {
    let target = match to.rsplit('.').next().unwrap_or(to).trim_matches('"') {
        "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "character varying" => "varchar",
        "character" => "bpchar",
        "boolean" => "bool",
        "double precision" => "float8",
        "real" => "float4",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        "bit varying" => "varbit",
        other => other,
    };
    let pair = (column.base_type.as_str(), target);
    pair.0 == pair.1
        || matches!(
            pair,
            ("varchar", "text") | ("text", "varchar") | ("cidr", "inet") | ("bit", "varbit") | ("varbit", "bit")
        )
        || matches!(pair, (kind, "oid") if kind.starts_with("reg"))
}
