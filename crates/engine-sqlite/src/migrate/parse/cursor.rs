//! A walk over the tokens of one statement that matter: no spaces, no comments.

use std::ops::Range;

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens, unquoted};

/// Where reading is in a text.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the first token of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        let tokens = tokens(text, Dialect::Sqlite).into_iter().filter(Token::significant).collect();
        Self { text, tokens, at: 0 }
    }

    /// The text of the next token; empty at the end.
    pub(crate) fn peek(&self) -> &'a str {
        self.ahead(0)
    }

    /// The text of the token after `count` others.
    pub(crate) fn ahead(&self, count: usize) -> &'a str {
        self.tokens.get(self.at + count).map_or("", |token| token.text(self.text))
    }

    /// Whether nothing is left.
    pub(crate) fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// First byte of the next token; the end of the text when there is none.
    pub(crate) fn start(&self) -> usize {
        self.tokens.get(self.at).map_or(self.text.len(), |token| token.start)
    }

    /// The byte after the token that was read last.
    pub(crate) fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.end)
    }

    /// Whether the next token is this keyword or symbol.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.is_at(0, word)
    }

    fn is_at(&self, count: usize, word: &str) -> bool {
        let Some(token) = self.tokens.get(self.at + count) else { return false };
        matches!(token.kind, TokenKind::Word | TokenKind::Symbol) && token.text(self.text).eq_ignore_ascii_case(word)
    }

    /// Whether the next token is one of these keywords.
    pub(crate) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Reads keywords when all of them come next.
    pub(crate) fn accept(&mut self, words: &[&str]) -> bool {
        let all = words.iter().enumerate().all(|(count, word)| self.is_at(count, word));
        if all {
            self.at += words.len();
        }
        all
    }

    /// Goes over the next token.
    pub(crate) fn skip(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len());
    }

    /// Reads a name, without its quotes.
    pub(crate) fn name(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        if !matches!(token.kind, TokenKind::Word | TokenKind::Quoted | TokenKind::String) {
            return None;
        }
        self.at += 1;
        Some(unquoted(token.text(self.text)))
    }

    /// Reads `[schema.]name`.
    pub(crate) fn qualified(&mut self) -> Option<(Option<String>, String)> {
        let first = self.name()?;
        if !self.accept(&["."]) {
            return Some((None, first));
        }
        Some((Some(first), self.name()?))
    }

    /// Reads a parenthesis up to its partner; the bytes between them.
    pub(crate) fn parens(&mut self) -> Option<Range<usize>> {
        if !self.is("(") {
            return None;
        }
        let from = self.tokens[self.at].end;
        let mut depth = 0_usize;
        while !self.done() {
            if self.is("(") {
                depth += 1;
            } else if self.is(")") {
                depth -= 1;
            }
            self.skip();
            if depth == 0 {
                return Some(from..self.tokens[self.at - 1].start);
            }
        }
        None
    }

    /// Reads the names in a parenthesis, one leading each part: `(a, b DESC)`.
    pub(crate) fn name_list(&mut self) -> Option<Vec<String>> {
        let range = self.parens()?;
        let inner = &self.text[range];
        Some(split(inner).into_iter().filter_map(|part| Cursor::new(&inner[part]).name()).collect())
    }

    /// Reads on, over balanced parentheses, until `stop` holds or a comma or closing parenthesis comes; the bytes read.
    pub(crate) fn until(&mut self, stop: impl Fn(&Self) -> bool) -> Range<usize> {
        let from = self.start();
        while !self.done() && !self.is(",") && !self.is(")") && !stop(self) {
            if self.parens().is_none() {
                self.skip();
            }
        }
        from..self.end().max(from)
    }
}

/// Splits at the commas outside parentheses; each part with the space around it.
pub(crate) fn split(text: &str) -> Vec<Range<usize>> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    for token in tokens(text, Dialect::Sqlite) {
        match token.text(text) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                parts.push(from..token.start);
                from = token.end;
            }
            _ => {}
        }
    }
    parts.push(from..text.len());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lists_and_parentheses() {
        let mut cursor = Cursor::new("ALTER /* x */ TABLE main.\"a\"\"b\" (x, [y z] DESC, lower(q, 1)) tail");
        assert!(cursor.accept(&["alter", "table"]));
        assert_eq!(cursor.qualified(), Some((Some("main".to_owned()), "a\"b".to_owned())));
        assert_eq!(cursor.name_list(), Some(vec!["x".to_owned(), "y z".to_owned(), "lower".to_owned()]));
        assert_eq!(cursor.name().as_deref(), Some("tail"));
        assert!(cursor.done());
        assert_eq!(Cursor::new("(never closed").parens(), None);
    }
}
