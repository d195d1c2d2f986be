//! Text on a terminal: wrapping by display width, tables, and names that can't take the terminal over.
//!
//! Names and statements come from a database that somebody else may have filled: control characters, and
//! characters that reorder or hide text, are shown as escapes.

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens};
use unicode_width::UnicodeWidthStr as _;

/// Text for one line: every control character escaped, the newline included.
pub(crate) fn inline(text: &str) -> String {
    text.chars().flat_map(|c| shown(c, false)).collect()
}

/// Text for several lines: newlines and tabs stay, other control characters are escaped.
pub(crate) fn block(text: &str) -> String {
    text.chars().flat_map(|c| shown(c, true)).collect()
}

fn shown(c: char, lines: bool) -> Vec<char> {
    match c {
        '\n' | '\t' if lines => vec![c],
        '\n' => "\\n".chars().collect(),
        '\r' => "\\r".chars().collect(),
        '\t' => "\\t".chars().collect(),
        c if c.is_ascii_control() => format!("\\x{:02x}", c as u32).chars().collect(),
        c if c.is_control() || deceives(c) => format!("\\u{{{:x}}}", c as u32).chars().collect(),
        c => vec![c],
    }
}

/// Characters that reorder or hide the text around them; the joiner of emoji (U+200D) is not one.
const fn deceives(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Breaks text at spaces into lines of at most `width` columns; a longer word gets a line of its own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Cuts text to `width` columns, with `…` when something is left out.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        let mut longer = out.clone();
        longer.push(c);
        if longer.width() + 1 > width {
            break;
        }
        out = longer;
    }
    out + "…"
}

/// Pads text with spaces to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Columns of the widest text.
pub(crate) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    texts.into_iter().map(unicode_width::UnicodeWidthStr::width).max().unwrap_or(0)
}

/// A statement as lines that can be pasted, each but the first behind `indent`, with its semicolon.
///
/// A quoted name or string stays on its line, line ends in it shown as escapes: added spaces would change
/// it, and a line of its own could imitate one of the report's. [`altered`] tells whether that happened.
pub(crate) fn statement(sql: &str, indent: &str) -> String {
    ended(sql, indent, ";")
}

/// What ends the statements of a rule's changes: SQL's end with a semicolon, command lines of a key-value store with
/// the line, and would take a semicolon for a part of their last word.
pub(crate) fn end_of(rule: &str) -> &'static str {
    if rule.starts_with("redis/") { "" } else { ";" }
}

/// As [`statement`], with an end of the engine's ([`end_of`]).
pub(crate) fn ended(sql: &str, indent: &str, end: &str) -> String {
    let sql = if end.is_empty() { sql } else { sql.trim_end().trim_end_matches(';') };
    let mut out = String::new();
    let mut comment = false;
    for (text, one_line) in parts(sql) {
        comment = text.starts_with("--");
        out += &if one_line { inline(text) } else { block(text).replace('\n', &format!("\n{indent}")) };
    }
    // A comment at the end would swallow the semicolon.
    out + &if comment { format!("\n{indent}{end}") } else { end.to_owned() }
}

/// Whether [`statement`] has to show something as an escape, so that its text is not the statement itself.
pub(crate) fn altered(sql: &str) -> bool {
    parts(sql).into_iter().any(|(text, one_line)| if one_line { inline(text) != text } else { block(text) != text })
}

/// What is said beside statements that are [`altered`].
pub(crate) const ALTERED: &str =
    "names with control characters are shown with escapes here; take the statement from --format json";

/// The tokens of a statement, and whether each has to stay on one line. PostgreSQL's lexical rules include
/// what other dialects' statements are made of here.
fn parts(sql: &str) -> Vec<(&str, bool)> {
    let one_line = |token: &Token| match token.kind {
        TokenKind::Quoted => true,
        TokenKind::String => !token.text(sql).starts_with('$'),
        _ => false,
    };
    tokens(sql, Dialect::Postgres).iter().map(|token| (token.text(sql), one_line(token))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_harmless() {
        assert_eq!(inline("a\u{1b}[31mb\nc\u{202e}d\u{9b}e"), "a\\x1b[31mb\\nc\\u{202e}d\\u{9b}e");
        assert_eq!(inline("größe 🦀 日本"), "größe 🦀 日本");
        assert_eq!(block("a\n\tb\r"), "a\n\tb\\r");
    }

    #[test]
    fn wrapping_counts_columns() {
        assert_eq!(wrap("日本 日本 日本", 9), ["日本 日本", "日本"]);
        assert_eq!(wrap("a verylongword b", 4), ["a", "verylongword", "b"]);
        assert_eq!(cut("日本語", 5), "日本…");
    }

    #[test]
    fn a_statement_can_be_pasted_or_says_that_it_can_not() {
        assert_eq!(statement("BEGIN\nEND;", "  "), "BEGIN\n  END;");
        assert_eq!(statement("SELECT 1 -- one", ""), "SELECT 1 -- one\n;");
        assert_eq!(statement("DO $$it's\nfine$$", "  "), "DO $$it's\n  fine$$;");
        assert_eq!(statement("DROP INDEX \"a\nb\"", "  "), "DROP INDEX \"a\\nb\";");
        assert_eq!(ended("CONFIG SET save \"\"", "", end_of("redis/r")), "CONFIG SET save \"\"");
        assert_eq!(ended("SELECT 1;", "", end_of("pg/r")), "SELECT 1;");
        assert!(altered("DROP INDEX \"a\nb\"") && altered("SELECT '\u{1b}'"));
        assert!(!altered("DO $$it's\nfine$$") && !altered("SELECT 1 -- it's\n + 1"));
    }
}
