//! Inverted and generalised search trees: documents, arrays, full text, ranges, shapes, networks, trigrams.

use dbwright_advise::index::{Index, Key, KeyPart};
use dbwright_advise::usage::{Condition, Operator};

use super::{SCALARS, Subject, key};

/// Types whose default class of a generalised tree serves their operators.
const SHAPES: &[&str] = &["point", "box", "polygon", "circle", "ltree", "cube", "seg", "geometry", "geography"];

/// What values of a condition's side are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Document,
    Array,
    Words,
    Store,
    Stretch,
    Shape,
    Network,
    Text,
}

/// Indexes for conditions that no ordered index serves.
pub(super) fn candidates(subject: &Subject<'_>) -> Vec<Index> {
    let mut found = Vec::new();
    for condition in subject.conditions() {
        let wanted =
            matches!(condition.operator, Operator::Contains | Operator::Pattern | Operator::Prefix | Operator::Nearest);
        if let Some(family) = family(subject, condition).filter(|_| wanted) {
            let single = of(subject, condition, family);
            found.extend(single.iter().filter_map(|index| with_scalar(subject, index)));
            found.extend(single);
        }
    }
    found
}

fn family(subject: &Subject<'_>, condition: &Condition) -> Option<Family> {
    let Some(column) = subject.column(&condition.part) else { return of_expression(condition) };
    let kind = column.base_type.as_str();
    let range =
        kind.ends_with("range") || subject.body.catalog.types.iter().any(|t| t.name == kind && t.kind == "range");
    Some(match kind {
        "jsonb" => Family::Document,
        "tsvector" => Family::Words,
        "hstore" => Family::Store,
        "inet" | "cidr" => Family::Network,
        "text" | "varchar" => Family::Text,
        _ if kind.starts_with('_') => Family::Array,
        _ if range => Family::Stretch,
        _ if SHAPES.contains(&kind) => Family::Shape,
        _ => return None,
    })
}

/// What an expression yields, by its operator and what it is compared with.
fn of_expression(condition: &Condition) -> Option<Family> {
    let KeyPart::Expression(text) = &condition.part else { return None };
    let constant = condition.constant.as_deref().unwrap_or_default();
    if text.starts_with("to_tsvector(") || constant.ends_with("::tsquery") {
        // With the session's configuration it is not immutable.
        return text.contains("::regconfig").then_some(Family::Words);
    }
    if constant.ends_with("::jsonb") || constant.ends_with("::jsonpath") || text.contains(" -> ") {
        return Some(Family::Document);
    }
    if constant.ends_with("[]") && matches!(condition.symbol.as_str(), "@>" | "&&" | "<@") {
        return Some(Family::Array);
    }
    let range = ["range(", "tstzrange(", "daterange(", "int4range("].iter().any(|name| text.contains(name));
    if range && condition.operator == Operator::Contains {
        return Some(Family::Stretch);
    }
    matches!(condition.operator, Operator::Pattern | Operator::Prefix).then_some(Family::Text)
}

fn of(subject: &Subject<'_>, condition: &Condition, family: Family) -> Vec<Index> {
    let index = |method: &str, opclass: Option<&str>| subject.index(method, vec![key(&condition.part, opclass)]);
    let symbol = condition.symbol.as_str();
    match family {
        Family::Document if matches!(symbol, "@>" | "@?" | "@@") => {
            vec![index("gin", Some("jsonb_path_ops")), index("gin", None)]
        }
        Family::Document if matches!(symbol, "?" | "?|" | "?&") => vec![index("gin", None)],
        Family::Array if matches!(symbol, "@>" | "&&" | "<@") => arrays(subject, condition),
        Family::Words if symbol == "@@" => vec![index("gin", None)],
        Family::Store if matches!(symbol, "@>" | "?" | "?|" | "?&") => vec![index("gin", None)],
        Family::Stretch | Family::Shape if matches!(condition.operator, Operator::Contains | Operator::Nearest) => {
            vec![index("gist", None)]
        }
        Family::Network if matches!(symbol, "<<" | "<<=") && condition.constant.is_some() => {
            vec![index("gist", Some("inet_ops")), index("btree", None)]
        }
        Family::Network if condition.operator == Operator::Contains => vec![index("gist", Some("inet_ops"))],
        Family::Text => trigrams(subject, condition),
        _ => Vec::new(),
    }
}

/// With `intarray`, the operators on arrays of integers are its own, and so must the operator class be.
fn arrays(subject: &Subject<'_>, condition: &Condition) -> Vec<Index> {
    let own = subject.body.catalog.extensions.iter().any(|extension| extension.name == "intarray")
        && subject.column(&condition.part).is_some_and(|column| column.base_type == "_int4");
    let mut found = vec![subject.index("gin", vec![Key::of(condition.part.clone())])];
    if let Some(opclass) = subject.opclass("intarray", "gin__int_ops").filter(|_| own) {
        found.push(subject.index("gin", vec![key(&condition.part, Some(&opclass))]));
    }
    found
}

fn trigrams(subject: &Subject<'_>, condition: &Condition) -> Vec<Index> {
    let symbol = condition.symbol.as_str();
    let pattern = matches!(symbol, "~~" | "~~*" | "~" | "~*");
    let similar = matches!(symbol, "%" | "%>" | "<%" | "%>>" | "<<%");
    let nearest =
        condition.operator == Operator::Nearest && matches!(symbol, "<->" | "<->>" | "<->>>" | "<<->" | "<<<->");
    let long = condition.constant.as_deref().is_none_or(|constant| !pattern || has_trigram(constant));
    if !long || !(pattern || similar || nearest) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (method, opclass) in [("gin", "gin_trgm_ops"), ("gist", "gist_trgm_ops")] {
        if let Some(opclass) = subject.opclass("pg_trgm", opclass).filter(|_| method == "gist" || !nearest) {
            found.push(subject.index(method, vec![key(&condition.part, Some(&opclass))]));
        }
    }
    found
}

/// Whether a pattern has three letters or digits in a row, so that a trigram can be taken from it.
fn has_trigram(pattern: &str) -> bool {
    let value = pattern.split('\'').nth(1).unwrap_or(pattern);
    let mut run = 0;
    value.chars().any(|c| {
        run = if c.is_alphanumeric() { run + 1 } else { 0 };
        run >= 3
    })
}

/// The same with the most selective equality as a key before it, where an extension makes that possible.
fn with_scalar(subject: &Subject<'_>, index: &Index) -> Option<Index> {
    if !matches!(index.method.as_str(), "gist" | "gin") {
        return None;
    }
    let (condition, (_, gist, gin)) = subject.equalities().into_iter().find_map(|condition| {
        let kind = &subject.column(&condition.part)?.base_type;
        Some((condition, SCALARS.iter().find(|(name, _, _)| name == kind)?))
    })?;
    let (extension, name) = if index.method == "gist" { ("btree_gist", gist) } else { ("btree_gin", gin) };
    let opclass = subject.opclass(extension, name)?;
    let keys = [key(&condition.part, Some(&opclass))].into_iter().chain(index.keys.iter().cloned()).collect();
    Some(Index { keys, ..index.clone() })
}

#[cfg(test)]
mod tests {
    use super::has_trigram;

    #[test]
    fn a_pattern_without_three_letters_in_a_row_has_no_trigram() {
        assert!(has_trigram("'%abc%'::text") && has_trigram("'x%émi'::text"));
        assert!(!has_trigram("'%ab%c_d'::text") && !has_trigram("'%'::text"));
    }
}
