//! Small questions to a node of the syntax tree.

use std::ops::Range;

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Lexer, TokenKind};
use squawk_syntax::ast::{AstNode as _, Literal, normalize_name_node};
use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode};

use crate::ddl::Name;

/// The tokens that are strings.
pub(super) const STRINGS: [SyntaxKind; 4] =
    [SyntaxKind::STRING, SyntaxKind::DOLLAR_QUOTED_STRING, SyntaxKind::ESC_STRING, SyntaxKind::UNICODE_ESC_STRING];

/// The first child of a kind.
pub(super) fn child(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.children().find(|child| child.kind() == kind)
}

/// All children of a kind.
pub(super) fn children(node: &SyntaxNode, kind: SyntaxKind) -> impl Iterator<Item = SyntaxNode> {
    node.children().filter(move |child| child.kind() == kind)
}

/// Whether a child or a token of a kind stands directly in the node.
pub(super) fn has(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    node.children_with_tokens().any(|element| element.kind() == kind)
}

/// Whether a node of a kind stands anywhere in the node.
pub(super) fn within(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    node.descendants().any(|inner| inner.kind() == kind)
}

/// The text of a node, without space around it.
pub(super) fn text(node: &SyntaxNode) -> String {
    node.text().to_string().trim().to_owned()
}

/// Its bytes in the statement.
pub(super) fn range(node: &SyntaxNode) -> Range<usize> {
    let range = node.text_range();
    range.start().into()..range.end().into()
}

/// What follows the first token of a kind, to the end of the node.
pub(super) fn text_after(node: &SyntaxNode, kind: SyntaxKind) -> String {
    let mut elements = node.children_with_tokens();
    let found = elements.find(|element| element.kind() == kind);
    if found.is_none() {
        return String::new();
    }
    elements.map(|element| element.to_string()).collect::<String>().trim().to_owned()
}

/// The expression between the parentheses that stand directly in the node.
pub(super) fn between_parens(node: &SyntaxNode) -> String {
    let mut elements = node.children_with_tokens().skip_while(|element| element.kind() != SyntaxKind::L_PAREN);
    elements.next();
    let inside: Vec<SyntaxElement> = elements.take_while(|element| element.kind() != SyntaxKind::R_PAREN).collect();
    inside.iter().map(ToString::to_string).collect::<String>().trim().to_owned()
}

/// The name that a node stands for: a path, or a single word.
pub(super) fn name(node: &SyntaxNode) -> Name {
    let mut parts = path(node);
    let name = parts.pop().unwrap_or_default();
    Name { schema: parts.pop(), name }
}

/// The name at the first child of a kind; an empty name when there is none.
pub(super) fn name_at(node: &SyntaxNode, kind: SyntaxKind) -> Name {
    child(node, kind).map_or_else(|| Name { schema: None, name: String::new() }, |child| name(&child))
}

/// A single word at the first child of a kind; empty when there is none.
pub(super) fn word_at(node: &SyntaxNode, kind: SyntaxKind) -> String {
    name_at(node, kind).name
}

/// The words of the first path in a node: schema, table, column.
pub(super) fn path(node: &SyntaxNode) -> Vec<String> {
    let is_path = |inner: &SyntaxNode| matches!(inner.kind(), SyntaxKind::PATH | SyntaxKind::PATH_REF);
    let Some(path) = node.descendants().find(is_path) else { return vec![bare(node)] };
    let segment = |inner: &SyntaxNode| matches!(inner.kind(), SyntaxKind::PATH_SEGMENT | SyntaxKind::PATH_SEGMENT_REF);
    path.descendants().filter(segment).map(|segment| normalize_name_node(&segment)).collect()
}

/// The name in a node without a path; it may be wrapped (`ROLE_REF(ROLE_NAME_REF(…))`).
fn bare(node: &SyntaxNode) -> String {
    let inner = node.children().next().filter(|inner| range(inner) == range(node));
    inner.map_or_else(|| normalize_name_node(node), |inner| bare(&inner))
}

/// The names of all children of a kind.
pub(super) fn names(node: &SyntaxNode, kind: SyntaxKind) -> Vec<Name> {
    children(node, kind).map(|child| name(&child)).collect()
}

/// The column names of a list: `(a, b)`.
pub(super) fn columns(list: &SyntaxNode) -> Vec<String> {
    children(list, SyntaxKind::COLUMN_NAME_REF).map(|column| normalize_name_node(&column)).collect()
}

/// The value of a string of any form; the text when it is none.
pub(super) fn string(literal: &SyntaxNode) -> String {
    let is_string = literal.first_token().is_some_and(|token| STRINGS.contains(&token.kind()));
    let value = Literal::cast(literal.clone()).filter(|_| is_string).and_then(|literal| literal.decoded_value());
    value.map_or_else(|| text(literal), |value| value.text().to_owned())
}

/// The unquoted words of a text with their bytes, comments and strings left out.
pub(super) fn words(sql: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let tokens = Lexer::new(sql, Dialect::Postgres).filter(|token| token.kind == TokenKind::Word);
    tokens.map(|token| (token.text(sql), token.start..token.end))
}
