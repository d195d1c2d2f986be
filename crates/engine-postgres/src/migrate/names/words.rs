//! Words of a statement that its acts don't tell.

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens, unquoted};

fn significant(sql: &str) -> Vec<Token> {
    tokens(sql, Dialect::Postgres).into_iter().filter(Token::significant).collect()
}

/// How often a keyword stands in a text, outside of strings and quoted names.
pub(super) fn count(sql: &str, word: &str) -> usize {
    let is = |token: &&Token| token.kind == TokenKind::Word && token.text(sql).eq_ignore_ascii_case(word);
    significant(sql).iter().filter(is).count()
}

/// Whether a `CREATE` is of something temporary.
pub(super) fn are_temporary(sql: &str) -> bool {
    let first = significant(sql);
    let mut words = first.iter().take(6).map(|token| token.text(sql).to_ascii_lowercase());
    words.any(|word| word == "temp" || word == "temporary")
}

/// The name that a text is, when it is one and nothing else.
pub(super) fn only_name(text: &str) -> Option<String> {
    match significant(text).as_slice() {
        [token] => name(text, token),
        _ => None,
    }
}

/// All names in a text, keywords too.
pub(super) fn names(text: &str) -> impl Iterator<Item = String> {
    let all = significant(text);
    all.into_iter().filter_map(move |token| name(text, &token)).collect::<Vec<_>>().into_iter()
}

fn name(text: &str, token: &Token) -> Option<String> {
    let own = token.text(text);
    match token.kind {
        TokenKind::Word => Some(own.to_lowercase()),
        TokenKind::Quoted => Some(unquoted(own)),
        _ => None,
    }
}

/// The schemas that a value of `search_path` names; `$user` is left out, whoever that is.
pub(crate) fn schemas(value: &str) -> impl Iterator<Item = String> {
    let parts = value.split(',').map(|part| unquoted(part.trim()));
    parts.filter(|part| !part.is_empty() && part != "$user")
}
