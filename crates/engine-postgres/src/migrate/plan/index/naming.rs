//! The names that the server gives to indexes without one.

use dbwright_core::Failure;

use super::super::catalog::Table;
use super::super::draft::Cx;
use super::super::name::LONGEST;
use super::super::tokens::{self, bare, name_of, significant};

/// The name of an index: table, columns, `idx`.
pub(in super::super) async fn index(
    cx: &Cx<'_, '_>,
    table: &Table,
    keys: &[String],
    definition: &str,
) -> Result<String, Failure> {
    let columns = columns(keys, &included(definition));
    cx.free_name(&table.schema, &table.name, &columns, "idx").await
}

/// Columns after `INCLUDE`, which the server names too.
pub(in super::super) fn included(definition: &str) -> Vec<String> {
    let Some(at) = tokens::find_word(definition, &["INCLUDE"]) else { return Vec::new() };
    tokens::group(&definition[at..]).map(|range| tokens::split(bare(&definition[at..][range]))).unwrap_or_default()
}

/// The columns' part of the name: their names, joined, as long as there is room.
pub(in super::super) fn columns(keys: &[String], included: &[String]) -> String {
    let mut labels: Vec<String> = Vec::new();
    for key in keys.iter().chain(included) {
        let base = label(key);
        let numbered = (1..).map(|n| format!("{base}{n}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|label| !labels.contains(label));
        labels.push(free.unwrap_or(base));
    }
    let mut joined = String::new();
    for label in labels {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(&label);
        if joined.len() > LONGEST {
            break;
        }
    }
    joined
}

/// What the server calls a key: its column, the function or type that it ends in, else `expr`.
fn label(key: &str) -> String {
    let text = bare(key);
    let all = significant(text);
    let Some(first) = all.first() else { return "expr".to_owned() };
    if all.len() == 1 {
        return name_of(text, first).unwrap_or_else(|| "expr".to_owned());
    }
    cast(text).or_else(|| call(text)).unwrap_or_else(|| "expr".to_owned())
}

/// `x::type`: the name of what is cast, else of the type.
fn cast(text: &str) -> Option<String> {
    let all = significant(text);
    let mut depth = 0;
    let mut at = None;
    for (nth, token) in all.iter().enumerate() {
        match token.text(text) {
            "(" => depth += 1,
            ")" => depth -= 1,
            ":" if depth == 0 && at.is_none() => at = Some(nth),
            _ => {}
        }
    }
    let at = at?;
    let inner = label(&text[..all[at].start]);
    if inner != "expr" {
        return Some(inner);
    }
    name_of(text, all.get(at + 2)?).map(internal)
}

/// Types whose name in SQL is not the one in the catalog.
fn internal(ty: String) -> String {
    let name = match ty.as_str() {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "real" => "float4",
        "double" | "float" => "float8",
        "boolean" => "bool",
        "decimal" | "dec" => "numeric",
        "character" | "char" => "bpchar",
        _ => return ty,
    };
    name.to_owned()
}

/// `f(…)` and nothing after it, also with a schema.
fn call(text: &str) -> Option<String> {
    let range = tokens::group(text)?;
    if range.end != text.len() {
        return None;
    }
    let head = &text[..range.start];
    let names = significant(head);
    let plain = names.iter().enumerate().all(|(nth, token)| (nth % 2 == 1) == (token.text(head) == "."));
    plain.then(|| names.last().and_then(|token| name_of(head, token))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_as_the_server_names_them() {
        let of = |keys: &[&str]| columns(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>(), &[]);
        assert_eq!(of(&["a", "\"B c\""]), "a_B c");
        assert_eq!(of(&["lower(a)"]), "lower");
        assert_eq!(of(&["(a || b)", "(a + 1)"]), "expr_expr1");
        assert_eq!(of(&["pg_catalog.upper(a)"]), "upper");
        assert_eq!(of(&["((a ->> 'x')::int)"]), "int4");
        assert_eq!(of(&["(a::date)"]), "a");
        assert_eq!(included("(a) INCLUDE (b, c) WHERE d"), ["b", "c"]);
    }
}
