//! Conditions on one table.

use std::ops::Range;

use dbwright_advise::index::KeyPart;
use dbwright_advise::usage::{Condition, Operator};
use dbwright_sql::model::Table;

use super::compare::{self, collated, comparison, kind, part};
use super::expr::{Form, Node};
use super::figures;
use super::lex::Source;
use super::names::{mentions, unqualified};

/// The condition that one clause on one table makes; at least one that only filters.
pub(super) fn single(source: &Source<'_>, node: &Node, table: &Table) -> Condition {
    let text = unqualified(source, &node.tokens);
    let of = |part: KeyPart, operator: Operator, symbol: &str, constant: Option<&str>| Condition {
        part,
        operator,
        constant: constant.map(str::to_owned),
        symbol: symbol.to_owned(),
        text: text.clone(),
        selectivity: None,
        alternative: None,
        arm: 0,
    };
    match &node.form {
        Form::Null { of: what, negated: false } => of(part(source, what, table), Operator::Equal, "IS NULL", None),
        Form::Null { of: what, negated: true } => of(part(source, what, table), Operator::Filter, "IS NOT NULL", None),
        Form::Or(arms) if let Some(condition) = one_of(source, arms, table) => Condition { text, ..condition },
        // Its support function makes it `^@`.
        Form::Call { name, arguments } if name == "starts_with" && is_prefix(source, arguments) => {
            let [what, prefix] = arguments.as_slice() else {
                return of(part(source, node, table), Operator::Filter, "", None);
            };
            of(part(source, what, table), Operator::Prefix, "^@", Some(source.slice(&prefix.tokens)))
        }
        Form::Column { .. } | Form::Call { .. } => of(part(source, node, table), Operator::Equal, "=", Some("true")),
        Form::Not(what) | Form::Truth { of: what, value: false } => truth(source, what, table, &of, "false"),
        Form::Truth { of: what, value: true } => truth(source, what, table, &of, "true"),
        _ => compared(source, node, table, &of),
    }
}

fn is_prefix(source: &Source<'_>, arguments: &[Node]) -> bool {
    matches!(arguments, [what, prefix] if prefix.form == Form::Constant && !mentions(source, what.tokens.clone()).is_empty())
}

type Make<'f> = dyn Fn(KeyPart, Operator, &str, Option<&str>) -> Condition + 'f;

/// A test for true or false: an index serves it on a column only.
fn truth(source: &Source<'_>, what: &Node, table: &Table, of: &Make<'_>, value: &str) -> Condition {
    match compare::bare(what, table) {
        Some(column) => of(KeyPart::Column(column.name.clone()), Operator::Equal, "=", Some(value)),
        None => of(part(source, what, table), Operator::Filter, "", None),
    }
}

fn compared(source: &Source<'_>, node: &Node, table: &Table, of: &Make<'_>) -> Condition {
    let columns = |tokens: &Range<usize>| {
        let named = mentions(source, tokens.clone());
        named
            .iter()
            .any(|(alias, name)| alias.is_some() || name.as_deref().is_some_and(|name| table.column(name).is_some()))
    };
    for from_right in [false, true] {
        let Some(found) = comparison(node, from_right) else { continue };
        if !columns(&found.own.tokens) || columns(&found.other.tokens) {
            continue;
        }
        let constant = (found.other.form == Form::Constant).then(|| source.slice(&found.other.tokens));
        let operator = kind(&found.symbol, found.any, constant);
        if let Form::Row(parts) = &found.own.form {
            // An ordered index serves a comparison of rows by its first column.
            return match parts.first() {
                Some(first) if operator == Operator::Range => {
                    of(part(source, first, table), operator, &found.symbol, None)
                }
                _ => of(part(source, found.own, table), Operator::Filter, &found.symbol, None),
            };
        }
        return of(collated(source, found.own, table, node.tokens.clone()), operator, &found.symbol, constant);
    }
    of(KeyPart::Expression(unqualified(source, &node.tokens)), Operator::Filter, "", None)
}

/// `a = 1 OR a = 2` as the list that it is; none when the alternatives are anything else.
pub(super) fn one_of(source: &Source<'_>, arms: &[Node], table: &Table) -> Option<Condition> {
    let conditions: Vec<Condition> = arms
        .iter()
        .filter(|arm| matches!(arm.form, Form::Compare { .. } | Form::Any { .. }))
        .map(|arm| single(source, arm, table))
        .collect();
    let first = conditions.first().filter(|_| conditions.len() == arms.len())?;
    let alike = |one: &Condition| matches!(one.operator, Operator::Equal | Operator::In) && one.part == first.part;
    if !conditions.iter().all(alike) {
        return None;
    }
    let values = conditions.iter().map(|one| {
        let value = figures::value(one.constant.as_deref()?)?;
        Some(if one.operator == Operator::In { figures::elements(&value) } else { vec![value] })
    });
    let constant = values.collect::<Option<Vec<_>>>().map(|values| figures::array(&values.concat()));
    Some(Condition { operator: Operator::In, constant, symbol: "=".to_owned(), ..first.clone() })
}
