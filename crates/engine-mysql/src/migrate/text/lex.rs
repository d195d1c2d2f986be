//! The tokens of MySQL's SQL: where strings, names and comments end, and nothing of grammar.
//!
//! What stands in a versioned comment (`/*!80000 … */`, `/*M!100300 … */`) is SQL for the server that it is meant for, so its
//! words are tokens like all others, and only its marks are not.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Blanks and line ends.
    Space,
    /// `# …`, `-- …`, `/* … */`.
    Comment,
    /// The beginning or the end of a versioned comment.
    Versioned,
    /// `'…'`, and `"…"`, which is a name under `ANSI_QUOTES`.
    String,
    /// Digits.
    Number,
    /// A name or keyword without quotes.
    Word,
    /// A name in backticks.
    Quoted,
    /// One character of punctuation or of an operator.
    Symbol,
}

/// A token as bytes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether its closing mark is there.
    pub(crate) complete: bool,
}

impl Token {
    /// Whether grammar sees it.
    pub(crate) const fn significant(self) -> bool {
        !matches!(self.kind, Kind::Space | Kind::Comment | Kind::Versioned)
    }

    /// Its text.
    pub(crate) fn text(self, sql: &str) -> &str {
        &sql[self.start..self.end]
    }
}

/// Reads tokens one by one.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    sql: &'a str,
    at: usize,
    /// Whether reading is inside a versioned comment.
    versioned: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(sql: &'a str) -> Self {
        Self { sql, at: 0, versioned: false }
    }

    /// The next byte to read.
    pub(crate) const fn position(&self) -> usize {
        self.at
    }

    /// Goes on at another byte.
    pub(crate) fn jump(&mut self, at: usize) {
        self.at = at.min(self.sql.len());
    }

    fn read(&mut self, first: char, rest: &str) -> (Kind, usize, bool) {
        match first {
            '\u{feff}' if self.at == 0 => (Kind::Space, first.len_utf8(), true),
            c if c.is_whitespace() => (Kind::Space, run(rest, char::is_whitespace), true),
            '#' => (Kind::Comment, line(rest), true),
            '-' if is_line_comment(rest) => (Kind::Comment, line(rest), true),
            '*' if self.versioned && rest.starts_with("*/") => {
                self.versioned = false;
                (Kind::Versioned, 2, true)
            }
            '/' if rest.starts_with("/*") => self.block(rest),
            '\'' => quoted(Kind::String, rest, '\'', true),
            '"' => quoted(Kind::String, rest, '"', true),
            '`' => quoted(Kind::Quoted, rest, '`', false),
            c if c.is_ascii_digit() => number(rest),
            c if is_word(c) => (Kind::Word, run(rest, is_word), true),
            c => (Kind::Symbol, c.len_utf8(), true),
        }
    }

    fn block(&mut self, rest: &str) -> (Kind, usize, bool) {
        let mark = ["/*!", "/*M!"].into_iter().find(|mark| rest.starts_with(mark));
        if let Some(mark) = mark.filter(|_| !self.versioned) {
            self.versioned = true;
            return (Kind::Versioned, mark.len() + run(&rest[mark.len()..], |c| c.is_ascii_digit()), true);
        }
        rest.find("*/").map_or((Kind::Comment, rest.len(), false), |end| (Kind::Comment, end + 2, true))
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = &self.sql[self.at..];
        let (kind, length, complete) = self.read(rest.chars().next()?, rest);
        let start = self.at;
        self.at += length;
        Some(Token { kind, start, end: self.at, complete })
    }
}

fn run(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !wanted(c)).unwrap_or(text.len())
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// Two dashes begin a comment only before a blank: `5--1` is an expression.
fn is_line_comment(rest: &str) -> bool {
    rest.strip_prefix("--").is_some_and(|more| more.chars().next().is_none_or(|c| c.is_whitespace() || c.is_control()))
}

fn quoted(kind: Kind, rest: &str, quote: char, escapes: bool) -> (Kind, usize, bool) {
    let mut chars = rest[1..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote && chars.next_if(|&(_, next)| next == quote).is_none() {
            return (kind, 1 + at + 1, true);
        }
    }
    (kind, rest.len(), false)
}

/// A number, or a name that begins with digits.
fn number(rest: &str) -> (Kind, usize, bool) {
    let length = run(rest, is_word);
    let word = &rest[..length];
    let hex = word.strip_prefix("0x").is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()));
    let exponent = |c: char| c.is_ascii_digit() || matches!(c, 'e' | 'E');
    if !hex && !word.chars().all(exponent) {
        return (Kind::Word, length, true);
    }
    match rest[length..].strip_prefix('.') {
        Some(more) => (Kind::Number, length + 1 + run(more, exponent), true),
        None => (Kind::Number, length, true),
    }
}

const fn is_word(c: char) -> bool {
    c == '_' || c == '$' || c.is_ascii_alphanumeric() || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn significant(sql: &str) -> Vec<&str> {
        Lexer::new(sql).filter(|token| token.significant()).map(|token| token.text(sql)).collect()
    }

    #[test]
    fn comments_strings_and_names_end_where_the_server_says() {
        assert_eq!(significant("a--1 -- c\nb # d\n/* e ; */f"), ["a", "-", "-", "1", "b", "f"]);
        assert_eq!(
            significant(r"'it\'s' 'a''b' `x``y` 1a 1.5e3 0xFF"),
            [r"'it\'s'", "'a''b'", "`x``y`", "1a", "1.5e3", "0xFF"]
        );
        assert_eq!(significant("/*!40101 SET NAMES utf8 */;"), ["SET", "NAMES", "utf8", ";"]);
        assert_eq!(
            significant("ADD COLUMN /*M!100300 IF NOT EXISTS */ a"),
            ["ADD", "COLUMN", "IF", "NOT", "EXISTS", "a"]
        );
        assert!(Lexer::new("'open").any(|token| !token.complete));
    }
}
