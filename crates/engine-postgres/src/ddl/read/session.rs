//! Transactions, settings, `DO` and queries.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::tree::{child, has, name_at, path, string, text, word_at};
use crate::ddl::Act;

/// The act, when the node is one of these.
pub(super) fn read(node: &SyntaxNode) -> Option<Act> {
    Some(match node.kind() {
        K::BEGIN => Act::Begin,
        K::COMMIT_TRANSACTION => Act::Commit,
        K::ROLLBACK_TRANSACTION => Act::Rollback,
        K::SAVEPOINT_CREATE | K::RELEASE_SAVEPOINT | K::ROLLBACK_TO_SAVEPOINT => Act::Savepoint,
        K::SET => return set(node),
        K::DO => Act::Do { language: language(node), body: body(node) },
        K::SELECT | K::VALUES | K::COMPOUND_SELECT | K::TABLE | K::PAREN_SELECT => Act::Query { calls: calls(node) },
        K::CALL => Act::Query { calls: vec![name_at(node, K::PROCEDURE_NAME_REF).name] },
        _ => return None,
    })
}

fn set(node: &SyntaxNode) -> Option<Act> {
    let local = has(node, K::LOCAL_SCOPE);
    if let Some(zone) = child(node, K::SET_TIME_ZONE) {
        let value = zone.children().next().map(|value| string(&value)).unwrap_or_default();
        return Some(Act::Set { name: "timezone".to_owned(), value, local });
    }
    let config = child(node, K::SET_CONFIG)?;
    let name = path(&child(&config, K::CONFIG_PARAMETER_REF)?).join(".");
    let assigned = child(&config, K::TO_CONFIG_VALUE)?;
    let mut values: Vec<String> = assigned.children().map(|value| plain(&value)).collect();
    if values.is_empty() && has(&assigned, K::DEFAULT_KW) {
        values.push("DEFAULT".to_owned());
    }
    Some(Act::Set { name, value: values.join(", "), local })
}

fn plain(value: &SyntaxNode) -> String {
    if value.kind() == K::LITERAL { string(value) } else { text(value).trim_matches('"').to_owned() }
}

fn language(node: &SyntaxNode) -> String {
    child(node, K::DO_LANGUAGE).map_or_else(|| "plpgsql".to_owned(), |part| word_at(&part, K::LANGUAGE_REF))
}

fn body(node: &SyntaxNode) -> String {
    child(node, K::LITERAL).map(|literal| string(&literal)).unwrap_or_default()
}

/// The functions that a query calls: without schema, lower case.
fn calls(node: &SyntaxNode) -> Vec<String> {
    let calls = node.descendants().filter(|inner| inner.kind() == K::CALL_EXPR);
    let function = |call: SyntaxNode| {
        let callee = call.children().next()?;
        let text = text(&callee);
        let last = text.rsplit('.').next().unwrap_or_default().trim();
        Some(last.trim_matches('"').to_ascii_lowercase())
    };
    calls.filter_map(function).collect()
}
