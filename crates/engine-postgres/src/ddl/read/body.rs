//! What stands inside a `DO` block or a function: its statements, without their conditions and loops.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Lexer, Token, TokenKind};

use super::read;
use crate::ddl::Act;

/// A statement inside a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inner {
    /// What it does.
    pub acts: Vec<Act>,
    /// The statement.
    pub sql: String,
    /// Its bytes in the body; for the text of an `EXECUTE`, the bytes of the string.
    pub range: Range<usize>,
}

/// Words after which a statement of a block begins.
const OPENERS: [&str; 6] = ["begin", "then", "else", "loop", "atomic", "declare"];

/// The first words of what is worth reading; all else in a block is the language's own.
const VERBS: [&str; 26] = [
    "alter", "analyze", "call", "cluster", "comment", "commit", "copy", "create", "delete", "drop", "execute", "grant",
    "insert", "lock", "merge", "perform", "refresh", "reindex", "revoke", "rollback", "select", "set", "truncate",
    "update", "vacuum", "with",
];

/// The statements inside a body of PL/pgSQL or SQL; those of other languages are not looked at.
#[must_use]
pub fn read_body(language: &str, body: &str) -> Vec<Inner> {
    if !matches!(language, "plpgsql" | "sql") {
        return Vec::new();
    }
    catch_unwind(AssertUnwindSafe(|| pieces(body).into_iter().filter_map(|range| inner(body, range)).collect()))
        .unwrap_or_default()
}

/// The places of the statements: from a verb at the start of a statement to its semicolon.
fn pieces(body: &str) -> Vec<Range<usize>> {
    let (mut found, mut open, mut fresh, mut depth) = (Vec::new(), None, true, 0_usize);
    for token in Lexer::new(body, Dialect::Postgres).filter(Token::significant) {
        let word = token.text(body).to_ascii_lowercase();
        match (word.as_str(), open) {
            ("(", _) => depth += 1,
            (")", _) => depth = depth.saturating_sub(1),
            (";", Some(start)) if depth == 0 => {
                found.push(start..token.start);
                (open, fresh) = (None, true);
            }
            (";", None) => fresh = true,
            (_, None) if fresh && token.kind == TokenKind::Word && VERBS.contains(&word.as_str()) => {
                open = Some(token.start);
            }
            (_, None) => fresh = OPENERS.contains(&word.as_str()),
            _ => {}
        }
    }
    found.extend(open.map(|start| start..body.trim_end().len()));
    found
}

/// One statement; `EXECUTE 'literal'` and `PERFORM f()` for what they run.
fn inner(body: &str, range: Range<usize>) -> Option<Inner> {
    let sql = &body[range.clone()];
    let mut tokens = Lexer::new(sql, Dialect::Postgres).filter(Token::significant);
    let first = tokens.next()?.text(sql).to_ascii_lowercase();
    let (sql, range) = match first.as_str() {
        "execute" => {
            let direct = tokens.next()?;
            if direct.kind == TokenKind::String {
                let place = range.start + direct.start..range.start + direct.end;
                (concatenated(sql, &direct, tokens), place)
            } else {
                let text = tokens.find(|token| token.kind == TokenKind::String)?;
                let place = range.start + text.start..range.start + text.end;
                (unquoted(text.text(sql)), place)
            }
        }
        "perform" => (format!("SELECT{}", &sql["perform".len()..]), range),
        _ => (sql.to_owned(), range),
    };
    let acts = read(&sql).ok()?;
    Some(Inner { acts, sql, range })
}

/// `'text' || value || 'text'`: a value stands for a name that isn't known.
fn concatenated(sql: &str, first: &Token, rest: impl Iterator<Item = Token>) -> String {
    let (mut text, mut value) = (unquoted(first.text(sql)), false);
    let ends = |token: &Token| ["into", "using"].iter().any(|word| token.text(sql).eq_ignore_ascii_case(word));
    for token in rest.take_while(|token| !ends(token)) {
        if token.kind == TokenKind::String {
            text.push_str(if std::mem::take(&mut value) { "dbwright_unknown" } else { "" });
            text.push_str(&unquoted(token.text(sql)));
        } else {
            value |= !token.text(sql).starts_with('|');
        }
    }
    text + if value { "dbwright_unknown" } else { "" }
}

/// The text of a string; `%I`, `%s` and `%L` of a `format()` stand for a name that isn't known.
fn unquoted(literal: &str) -> String {
    let inner = match literal.strip_prefix('$') {
        Some(rest) => {
            let tag = rest.find('$').map_or(0, |end| end + 2);
            literal.get(tag..literal.len().saturating_sub(tag)).unwrap_or_default().to_owned()
        }
        None => literal.trim_start_matches(['e', 'E']).trim_matches('\'').replace("''", "'"),
    };
    ["%I", "%s", "%L"].iter().fold(inner, |text, mark| text.replace(mark, "dbwright_unknown"))
}
