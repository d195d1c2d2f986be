//! SQL text taken apart just far enough: names found and replaced, lists split, groups found.
//!
//! What is looked at is what the server printed, or what it has to accept before anything depends on the outcome.

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens, unquoted};

use super::name::ident;

/// The tokens that are no space and no comment.
pub(super) fn significant(sql: &str) -> Vec<Token> {
    tokens(sql, Dialect::Postgres).into_iter().filter(Token::significant).collect()
}

/// The name that a token stands for, when it can be one: folded, or without its quotes.
pub(super) fn name_of(sql: &str, token: &Token) -> Option<String> {
    let text = token.text(sql);
    match token.kind {
        TokenKind::Word => Some(text.to_lowercase()),
        TokenKind::Quoted => Some(unquoted(text)),
        _ => None,
    }
}

/// The names with dots between them that begin at a byte.
pub(super) fn path_at(sql: &str, at: usize) -> Vec<String> {
    let all = significant(sql);
    let path = all.iter().skip_while(|token| token.start < at);
    let path = path.take_while(|token| name_of(sql, token).is_some() || token.text(sql) == ".");
    let mut names = Vec::new();
    let mut dot = true;
    for token in path {
        match name_of(sql, token) {
            Some(name) if dot => names.push(name),
            Some(_) => break,
            None => {}
        }
        dot = name_of(sql, token).is_none();
    }
    names
}

/// Whether a token is this keyword.
pub(super) fn is_word(sql: &str, token: &Token, word: &str) -> bool {
    token.kind == TokenKind::Word && token.text(sql).eq_ignore_ascii_case(word)
}

fn is(sql: &str, token: Option<&Token>, text: &str) -> bool {
    token.is_some_and(|token| token.text(sql) == text)
}

/// Whether the token can be a column: no function, no type after `::`, no part of a longer name, no collation.
fn may_be_column(sql: &str, all: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| all.get(at));
    !is(sql, all.get(at + 1), "(")
        && !is(sql, all.get(at + 1), ".")
        && !is(sql, before, ".")
        && !is(sql, before, ":")
        && !before.is_some_and(|token| is_word(sql, token, "COLLATE"))
}

/// Names in an expression that can be columns.
pub(super) fn columns(sql: &str) -> Vec<String> {
    let all = significant(sql);
    let column = |(at, token)| name_of(sql, token).filter(|_| may_be_column(sql, &all, at));
    all.iter().enumerate().filter_map(column).collect()
}

/// Whether the expression may use the column.
pub(super) fn mentions(sql: &str, column: &str) -> bool {
    columns(sql).iter().any(|name| name == column)
}

/// Names of functions that an expression calls, without their schemas.
pub(super) fn calls(sql: &str) -> Vec<String> {
    let all = significant(sql);
    let call = |(at, token)| name_of(sql, token).filter(|_| is(sql, all.get(at + 1), "("));
    all.iter().enumerate().filter_map(call).collect()
}

/// The expression with a column called otherwise.
pub(super) fn rename(sql: &str, from: &str, to: &str) -> String {
    let all = significant(sql);
    let hit = |(at, token): (usize, &Token)| {
        name_of(sql, token).is_some_and(|name| name == from) && may_be_column(sql, &all, at)
    };
    let hits = all.iter().enumerate().filter(|(at, token)| hit((*at, token))).map(|(_, token)| (token, ident(to)));
    replace(sql, hits)
}

/// The expression with the table that qualifies its columns called otherwise.
pub(super) fn requalify(sql: &str, table: &str, to: &str) -> String {
    let all = significant(sql);
    let hit = |(at, token): &(usize, &Token)| {
        name_of(sql, token).is_some_and(|name| name == table) && is(sql, all.get(at + 1), ".")
    };
    replace(sql, all.iter().enumerate().filter(hit).map(|(_, token)| (token, to.to_owned())))
}

fn replace<'a>(sql: &str, hits: impl Iterator<Item = (&'a Token, String)>) -> String {
    let (mut out, mut done) = (String::with_capacity(sql.len()), 0);
    for (token, with) in hits {
        out.push_str(&sql[done..token.start]);
        out.push_str(&with);
        done = token.end;
    }
    out + &sql[done..]
}

/// The first group in parentheses at the outermost level, as bytes, its parentheses included.
pub(super) fn group(sql: &str) -> Option<std::ops::Range<usize>> {
    let (mut depth, mut start) = (0_usize, None);
    for token in significant(sql) {
        match token.text(sql) {
            "(" => {
                start.get_or_insert(token.start);
                depth += 1;
            }
            ")" => {
                depth = depth.saturating_sub(1);
                if let (0, Some(start)) = (depth, start) {
                    return Some(start..token.end);
                }
            }
            _ => {}
        }
    }
    None
}

/// The parts between commas at the outermost level, trimmed.
pub(super) fn split(sql: &str) -> Vec<String> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for token in significant(sql) {
        match token.text(sql) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 0 => {
                parts.push(sql[start..token.start].trim().to_owned());
                start = token.end;
            }
            _ => {}
        }
    }
    parts.push(sql[start..].trim().to_owned());
    parts
}

/// The byte where one of these keywords begins at the outermost level.
pub(super) fn find_word(sql: &str, words: &[&str]) -> Option<usize> {
    let mut depth = 0_i32;
    for token in significant(sql) {
        match token.text(sql) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ if depth == 0 && words.iter().any(|word| is_word(sql, &token, word)) => return Some(token.start),
            _ => {}
        }
    }
    None
}

/// The text with one space between tokens and keywords in lower case: for comparing definitions.
pub(super) fn squeezed(sql: &str) -> String {
    let text = |token: &Token| match token.kind {
        TokenKind::Word => token.text(sql).to_lowercase(),
        _ => token.text(sql).to_owned(),
    };
    significant(sql).iter().map(text).collect::<Vec<_>>().join(" ")
}

/// Without the parentheses around the whole of it.
pub(super) fn bare(sql: &str) -> &str {
    let mut text = sql.trim();
    while group(text).is_some_and(|range| range == (0..text.len())) {
        text = text[1..text.len() - 1].trim();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_are_renamed() {
        let sql = r#"lower(a) || a::a || x.a || 'a' || "a" COLLATE a || a(a)"#;
        assert_eq!(rename(sql, "a", "N w"), r#"lower("N w") || "N w"::a || x.a || 'a' || "N w" COLLATE a || a("N w")"#);
        assert_eq!(requalify("orders.a + b.orders", "orders", "s"), "s.a + b.orders");
    }

    #[test]
    fn groups_and_lists() {
        assert_eq!(group("UNIQUE (a, (b)) WITH (c)"), Some(7..15));
        assert_eq!(split("a, f(b, c), '1,2'"), ["a", "f(b, c)", "'1,2'"]);
        assert_eq!(bare("((a) AND (b))"), "(a) AND (b)");
        assert_eq!(find_word("(a where b) WHERE c", &["WHERE"]), Some(12));
        assert_eq!(calls("Now() + public.f(1)"), ["now", "f"]);
        assert_eq!(columns(r#"a + """odd""" "#), ["a", "\"odd\""]);
    }
}
