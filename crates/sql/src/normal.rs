//! The shape of a statement: its text without literals, for grouping (`fingerprint`) and for showing
//! queries without data (`scrub`).
//!
//! Both work on tokens, so they also take what no parser would: statements that a server cut short.

use dbwright_core::finding;

use crate::lex::{Token, TokenKind, tokens};
use crate::{Dialect, keywords};

/// The 64-bit name of a statement's shape, as 16 hexadecimal digits.
///
/// Statements that differ only in literals, the length of `IN` and `VALUES` lists, case of keywords and
/// unquoted names, white space or comments have the same fingerprint.
#[must_use]
pub fn fingerprint(sql: &str, dialect: Dialect) -> String {
    finding::fingerprint("sql", &normalised(sql, dialect))
}

/// The shape as text: literals and parameters are `?`, lists of them one `?`, words in lower case.
#[must_use]
pub fn normalised(sql: &str, dialect: Dialect) -> String {
    let mut words: Vec<String> = Vec::new();
    for token in tokens(sql, dialect).into_iter().filter(Token::significant) {
        let word = word(token, sql, dialect);
        if word == "?" && words.last().is_some_and(|last| last == "-" || last == "+") && sign_is_unary(&words) {
            words.pop();
        }
        words.push(word);
    }
    while words.last().is_some_and(|last| last == ";") {
        words.pop();
    }
    join(&collapse(&words), dialect)
}

/// The text with every literal replaced by `?` and without comments, which may hold values as well.
///
/// What is not closed (a query that the server cut short) counts as a literal up to its end.
#[must_use]
pub fn scrub(sql: &str, dialect: Dialect) -> String {
    let mut out = String::with_capacity(sql.len());
    for token in tokens(sql, dialect) {
        match token.kind {
            TokenKind::String | TokenKind::Number => out.push('?'),
            TokenKind::Comment => out.push(' '),
            _ if !token.complete => out.push('?'),
            _ => out.push_str(token.text(sql)),
        }
    }
    out.trim().to_owned()
}

/// A token as a word of the shape.
fn word(token: Token, sql: &str, dialect: Dialect) -> String {
    let text = token.text(sql);
    match token.kind {
        TokenKind::String | TokenKind::Number | TokenKind::Parameter => "?".to_owned(),
        _ if !token.complete => "?".to_owned(),
        TokenKind::Word => text.to_ascii_lowercase(),
        TokenKind::Quoted => quoted_name(text, dialect),
        _ => text.to_owned(),
    }
}

/// A quoted name, without quotes where it needs none; so `"orders"` and `orders` are the same.
fn quoted_name(text: &str, dialect: Dialect) -> String {
    let plain = match text.as_bytes() {
        [b'"', .., b'"'] => text[1..text.len() - 1].replace("\"\"", "\""),
        [b'`', .., b'`'] => text[1..text.len() - 1].replace("``", "`"),
        [b'[', .., b']'] => text[1..text.len() - 1].to_owned(),
        _ => return text.to_owned(),
    };
    let plain = if dialect == Dialect::Sqlite { plain.to_ascii_lowercase() } else { plain };
    dialect.name(&plain)
}

/// Whether the sign at the end of `words` belongs to the number after it.
fn sign_is_unary(words: &[String]) -> bool {
    let Some(before) = words.len().checked_sub(2).map(|at| words[at].as_str()) else { return true };
    let opens = ["=", "<", ">", "(", ",", "[", "+", "-", "*", "/", "|"];
    let keywords = [
        "select",
        "where",
        "and",
        "or",
        "not",
        "between",
        "in",
        "limit",
        "offset",
        "then",
        "else",
        "when",
        "values",
        "set",
        "like",
        "by",
        "returning",
        "default",
    ];
    opens.contains(&before) || keywords.contains(&before)
}

/// Collapses lists: `in (?, ?, ?)`, `array[?, ?]` and repeated `VALUES` rows keep one member.
fn collapse(words: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let opens_list = matches!(words[at].as_str(), "(" | "[")
            && out.last().is_some_and(|last| matches!(last.as_str(), "in" | "array"));
        if opens_list && let Some(end) = closing(words, at) {
            out.push(words[at].clone());
            out.extend(first_of_equal(&words[at + 1..end]).iter().cloned());
            out.push(words[end].clone());
            at = end + 1;
        } else if words[at] == "values" && words.get(at + 1).is_some_and(|next| next == "(") {
            out.push(words[at].clone());
            let end = rows_end(words, at + 1);
            out.extend(first_of_equal(&words[at + 1..end]).iter().cloned());
            at = end;
        } else {
            out.push(words[at].clone());
            at += 1;
        }
    }
    out
}

/// The first member of a comma-separated list whose members are all equal constants or rows; else the list.
fn first_of_equal(list: &[String]) -> &[String] {
    let members = members(list);
    let Some(first) = members.first() else { return list };
    let constant = first.len() == 1 && first[0] == "?";
    let row = first.first().is_some_and(|word| word == "(");
    if (constant || row) && members.iter().all(|member| member == first) { first } else { list }
}

/// Splits a list at the commas outside parentheses.
fn members(list: &[String]) -> Vec<&[String]> {
    let mut depth = 0_i32;
    list.split(|word| {
        match word.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ => {}
        }
        depth == 0 && word == ","
    })
    .collect()
}

/// Index of the bracket that closes the one at `open`.
fn closing(words: &[String], open: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, word) in words.iter().enumerate().skip(open) {
        match word.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Index after the last of the rows that begin at `at`, which is an opening parenthesis.
fn rows_end(words: &[String], mut at: usize) -> usize {
    loop {
        let Some(close) = closing(words, at) else { return words.len() };
        let next_row = words.get(close + 1).is_some_and(|word| word == ",")
            && words.get(close + 2).is_some_and(|word| word == "(");
        if !next_row {
            return close + 1;
        }
        at = close + 2;
    }
}

/// Joins words with single spaces where a reader expects them.
fn join(words: &[String], dialect: Dialect) -> String {
    let mut out = String::new();
    for (at, word) in words.iter().enumerate() {
        let previous = at.checked_sub(1).map_or("(", |before| words[before].as_str());
        let call = word == "("
            && previous.starts_with(|c: char| c == '_' || c == '"' || c.is_ascii_lowercase())
            && !keywords::needs_quotes(dialect, previous)
            && !matches!(previous, "in" | "values" | "exists" | "over");
        let operator = is_operator(word) && is_operator(previous);
        let tight = call
            || operator
            || matches!(word.as_str(), "," | ")" | "]" | "." | ";" | "[")
            || matches!(previous, "(" | "[" | ".")
            || (previous == "::" || word == "::");
        if !tight {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Whether a word is one character of an operator; neighbours of that kind are one operator.
fn is_operator(word: &str) -> bool {
    word.len() == 1 && word.contains(['<', '>', '=', '!', '|', '&', '~', '@', '#', ':', '%', '^', '-', '+', '*', '/'])
}
