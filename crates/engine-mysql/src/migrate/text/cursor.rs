//! A walk over the tokens of one statement that matter: no spaces, no comments.

use std::ops::Range;

use super::lex::{Kind, Lexer, Token};

/// A table's name as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// The schema, when it is written.
    pub(crate) schema: Option<String>,
    /// The name.
    pub(crate) name: String,
}

impl Name {
    /// In a schema that holds where none is written.
    pub(crate) fn within<'a>(&'a self, home: &'a str) -> (&'a str, &'a str) {
        (self.schema.as_deref().unwrap_or(home), &self.name)
    }

    /// In the schema of another where it names none: so a new name is read in `ALTER TABLE … RENAME`.
    pub(crate) fn in_schema_of(&self, other: &Self) -> Self {
        Self { schema: self.schema.clone().or_else(|| other.schema.clone()), name: self.name.clone() }
    }
}

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
        Self { text, tokens: Lexer::new(text).filter(|token| token.significant()).collect(), at: 0 }
    }

    /// The text of the next token; empty at the end.
    pub(crate) fn peek(&self) -> &'a str {
        self.tokens.get(self.at).map_or("", |token| token.text(self.text))
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

    /// What is left, as written.
    pub(crate) fn rest(&self) -> &'a str {
        let end = self.tokens.last().map_or(0, |token| token.end);
        &self.text[self.start().min(end)..end]
    }

    /// Whether the next token is this keyword or symbol.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.is_at(0, word)
    }

    fn is_at(&self, count: usize, word: &str) -> bool {
        let Some(token) = self.tokens.get(self.at + count) else { return false };
        matches!(token.kind, Kind::Word | Kind::Symbol) && token.text(self.text).eq_ignore_ascii_case(word)
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

    /// Reads the one of these keywords that comes next.
    pub(crate) fn any<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        words.iter().find(|word| self.accept(&[word])).copied()
    }

    /// Goes over the next token.
    pub(crate) fn skip(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len());
    }

    /// Reads a name, without its quotes. A string is one under `ANSI_QUOTES`.
    pub(crate) fn name(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        let text = token.text(self.text);
        let name = match token.kind {
            Kind::Word => text.to_owned(),
            Kind::Quoted => text[1..text.len() - 1].replace("``", "`"),
            Kind::String if text.starts_with('"') => text[1..text.len() - 1].replace("\"\"", "\""),
            _ => return None,
        };
        self.at += 1;
        Some(name)
    }

    /// Reads `[schema.]name`.
    pub(crate) fn qualified(&mut self) -> Option<Name> {
        let first = self.name()?;
        if !self.accept(&["."]) {
            return Some(Name { schema: None, name: first });
        }
        Some(Name { schema: Some(first), name: self.name()? })
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

    /// The text of bytes.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a str {
        &self.text[range]
    }

    /// Goes on to one of these keywords outside parentheses; false when none comes.
    pub(crate) fn seek(&mut self, words: &[&str]) -> bool {
        while !self.done() && !self.is_any(words) {
            if self.parens().is_none() {
                self.skip();
            }
        }
        !self.done()
    }
}

/// Splits at the commas outside parentheses.
pub(crate) fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    for token in Lexer::new(text).filter(|token| token.kind == Kind::Symbol) {
        match token.text(text) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                parts.push(text[from..token.start].trim());
                from = token.end;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lists_and_parentheses() {
        let mut cursor = Cursor::new("ALTER /* x */ TABLE shop.`a``b` (x, lower(q, 1)) tail");
        assert!(cursor.accept(&["alter", "table"]));
        assert_eq!(cursor.qualified(), Some(Name { schema: Some("shop".to_owned()), name: "a`b".to_owned() }));
        let range = cursor.parens().expect("closed");
        assert_eq!(cursor.slice(range), "x, lower(q, 1)");
        assert_eq!(cursor.name().as_deref(), Some("tail"));
        assert!(cursor.done());
        assert_eq!(split("a (1, 2), b ',' , c"), ["a (1, 2)", "b ','", "c"]);
    }
}
