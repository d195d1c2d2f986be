//! Tokens of an expression as PostgreSQL prints it.

use std::ops::Range;

/// A token's kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name in lower case or in quotes, unquoted.
    Name(String),
    /// An unquoted word with capitals: PostgreSQL quotes such names, so it is a keyword.
    Word,
    /// A string or bit string constant.
    Text,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// An operator.
    Operator,
    /// `::`.
    Cast,
    /// A bracket, comma or dot.
    Mark(char),
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Where it is in the text.
    pub(super) span: Range<usize>,
}

/// An expression with its tokens.
#[derive(Debug)]
pub(super) struct Source<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// Its tokens, in order.
    pub(super) tokens: Vec<Token>,
}

impl<'a> Source<'a> {
    /// Takes a text apart; what is no token of SQL is passed over.
    pub(super) fn new(text: &'a str) -> Self {
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let (kind, end) = token(text, at, c);
            if let Some(kind) = kind {
                tokens.push(Token { kind, span: at..end });
            }
            at = end.max(at + c.len_utf8());
        }
        Self { text, tokens }
    }

    /// Kind of a token.
    pub(super) fn kind(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|token| &token.kind)
    }

    /// Text of a token; empty behind the end.
    pub(super) fn word(&self, at: usize) -> &'a str {
        self.tokens.get(at).and_then(|token| self.text.get(token.span.clone())).unwrap_or_default()
    }

    /// Whether a token is this keyword, operator or mark.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.word(at) == word && !matches!(self.kind(at), Some(Kind::Text))
    }

    /// Text of several tokens.
    pub(super) fn slice(&self, tokens: &Range<usize>) -> &'a str {
        let span =
            self.tokens.get(tokens.clone()).and_then(|some| Some(some.first()?.span.start..some.last()?.span.end));
        span.and_then(|span| self.text.get(span)).unwrap_or_default()
    }
}

const OPERATOR: &str = "+-*/<>=~!@#%^&|`?";

fn token(text: &str, at: usize, c: char) -> (Option<Kind>, usize) {
    let rest = text.get(at..).unwrap_or_default();
    let next = rest.chars().nth(1);
    match c {
        '\'' => (Some(Kind::Text), quoted(text, at, '\'', false)),
        'E' | 'B' | 'X' | 'N' if next == Some('\'') => (Some(Kind::Text), quoted(text, at + 1, '\'', c == 'E')),
        '"' => {
            let end = quoted(text, at, '"', false);
            let name = text.get(at + 1..end.saturating_sub(1)).unwrap_or_default().replace("\"\"", "\"");
            (Some(Kind::Name(name)), end)
        }
        '$' => (Some(Kind::Parameter), at + 1 + length(text, at + 1, |c| c.is_ascii_digit())),
        ':' if next == Some(':') => (Some(Kind::Cast), at + 2),
        '0'..='9' => (Some(Kind::Number), at + length(text, at, |c| c.is_ascii_alphanumeric() || c == '.')),
        '(' | ')' | '[' | ']' | ',' | '.' | ':' => (Some(Kind::Mark(c)), at + 1),
        c if OPERATOR.contains(c) => (Some(Kind::Operator), at + length(text, at, |c| OPERATOR.contains(c))),
        c if c == '_' || c.is_alphabetic() => {
            let end = at + length(text, at, |c| c == '_' || c == '$' || c.is_alphanumeric());
            let name = text.get(at..end).unwrap_or_default();
            let word = name.chars().any(|c| c.is_ascii_uppercase());
            (Some(if word { Kind::Word } else { Kind::Name(name.to_owned()) }), end)
        }
        c => (None, at + c.len_utf8()),
    }
}

fn length(text: &str, from: usize, belongs: impl Fn(char) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}

/// End of something in quotes that starts at `at`.
fn quoted(text: &str, at: usize, quote: char, escapes: bool) -> usize {
    let mut chars = text.get(at + 1..).unwrap_or_default().char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 2 + offset;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let source = Source::new(text);
        (0..source.tokens.len()).map(|at| source.word(at)).collect()
    }

    #[test]
    fn names_constants_and_operators_are_told_apart() {
        let text =
            r#"((t."Größe ""x""" ~~ 'a''b%'::text) AND (é.a @> E'\\''x'::bytea) AND (c = ANY ('{1,2}'::integer[])))"#;
        let source = Source::new(text);
        assert_eq!(source.kind(4), Some(&Kind::Name("Größe \"x\"".to_owned())));
        assert_eq!(source.word(6), "'a''b%'");
        assert!(words(text).contains(&r"E'\\''x'"), "{:?}", words(text));
        assert!(source.tokens.iter().any(|token| token.kind == Kind::Name("é".to_owned())));
        assert_eq!(source.kind(1), Some(&Kind::Mark('(')));
        assert_eq!(words("a.* -1.5 $12::int"), ["a", ".", "*", "-", "1.5", "$12", "::", "int"]);
    }

    #[test]
    fn damaged_text_ends() {
        assert_eq!(words("'never ends"), ["'never ends"]);
        assert_eq!(words("\"x"), ["\"x"]);
        assert_eq!(words("a § b"), ["a", "b"]);
        assert_eq!(words(""), Vec::<&str>::new());
    }
}
