//! A lossless lexer for SQL text: every byte belongs to exactly one token.
//!
//! It knows what must be known to find where strings, names and comments end, and nothing of grammar.
//! Broken input is no error: an unterminated token runs to the end of the text and says so.

use crate::Dialect;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks, line ends, a byte order mark.
    Space,
    /// `-- …`, `/* … */`, `# …` (MySQL). What MySQL runs although it stands in `/*! … */` is no comment.
    Comment,
    /// A string, of any form that the dialect has.
    String,
    /// A number.
    Number,
    /// A name or keyword without quotes; a variable of MySQL with its `@`.
    Word,
    /// A quoted name.
    Quoted,
    /// A placeholder: `$1`, `?`, `?1`, `:name`, `@name`.
    Parameter,
    /// One character of punctuation or of an operator.
    Symbol,
    /// A psql command from its backslash to the end of the line (PostgreSQL only).
    Meta,
}

/// A token as a byte range of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Whether its closing mark is there; true for tokens that need none.
    pub complete: bool,
}

impl Token {
    /// Whether it is neither space nor comment.
    #[must_use]
    pub const fn significant(&self) -> bool {
        !matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }

    /// Its text.
    #[must_use]
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.start..self.end]
    }
}

/// A name as it is meant, without quotes of any dialect; what is not quoted stays.
#[must_use]
pub fn unquoted(text: &str) -> String {
    match text.as_bytes() {
        [b'"', .., b'"'] => text[1..text.len() - 1].replace("\"\"", "\""),
        [b'`', .., b'`'] => text[1..text.len() - 1].replace("``", "`"),
        [b'[', .., b']'] => text[1..text.len() - 1].to_owned(),
        [b'\'', .., b'\''] => text[1..text.len() - 1].replace("''", "'"),
        _ => text.to_owned(),
    }
}

/// Reads tokens one by one, so that a caller can jump over what is no SQL (`COPY` data).
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    sql: &'a str,
    dialect: Dialect,
    position: usize,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of a text.
    #[must_use]
    pub const fn new(sql: &'a str, dialect: Dialect) -> Self {
        Self { sql, dialect, position: 0 }
    }

    /// The next byte to read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Goes on at another byte, which must be a character boundary; beyond the end means the end.
    pub fn jump(&mut self, position: usize) {
        self.position = position.min(self.sql.len());
    }

    fn rest(&self) -> &'a str {
        &self.sql[self.position..]
    }

    fn mysql(&self) -> bool {
        self.dialect == Dialect::Mysql
    }

    fn postgres(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    /// Kind, length in bytes, and completeness of the token at the start of `rest`, which begins with `first`.
    fn read(&self, first: char, rest: &'a str) -> (TokenKind, usize, bool) {
        let whole = |kind, length| (kind, length, true);
        match first {
            '\u{feff}' if self.position == 0 => whole(TokenKind::Space, first.len_utf8()),
            c if is_space(c) => whole(TokenKind::Space, run(rest, is_space)),
            '-' if self.dashes_comment(rest) => whole(TokenKind::Comment, self.line_comment(rest)),
            '#' if self.mysql() => whole(TokenKind::Comment, self.line_comment(rest)),
            '/' if self.mysql() && (rest.starts_with("/*!") || rest.starts_with("/*M!")) => {
                whole(TokenKind::Symbol, versioned(rest))
            }
            '*' if self.mysql() && rest.starts_with("*/") => whole(TokenKind::Symbol, 2),
            '/' if rest.starts_with("/*") => self.block_comment(rest),
            '\'' => quoted(TokenKind::String, rest, '\'', 0, self.mysql()),
            '"' if self.mysql() => quoted(TokenKind::String, rest, '"', 0, true),
            '"' => quoted(TokenKind::Quoted, rest, '"', 0, false),
            '`' if !self.postgres() => quoted(TokenKind::Quoted, rest, '`', 0, false),
            '[' if !self.postgres() && !self.mysql() => until(TokenKind::Quoted, rest, "]", 1),
            '\\' if self.postgres() => whole(TokenKind::Meta, rest.find(['\n', '\r']).unwrap_or(rest.len())),
            '?' if self.mysql() => whole(TokenKind::Parameter, 1),
            '@' if self.mysql() => whole(TokenKind::Word, variable(rest)),
            ':' | '$' if self.mysql() => whole(TokenKind::Symbol, 1),
            '$' => self.dollar(rest),
            '?' if !self.postgres() => whole(TokenKind::Parameter, 1 + run(&rest[1..], |c| c.is_ascii_digit())),
            ':' | '@' if !self.postgres() && rest[1..].starts_with(is_word_part) => {
                whole(TokenKind::Parameter, 1 + run(&rest[1..], is_word_part))
            }
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => whole(TokenKind::Number, number(rest)),
            c if c.is_ascii_digit() => whole(TokenKind::Number, number(rest)),
            c if is_word_start(c) => self.word(rest),
            c => whole(TokenKind::Symbol, c.len_utf8()),
        }
    }

    /// Whether two dashes begin a comment; MySQL wants a blank behind them (`5--1` is 6).
    fn dashes_comment(&self, rest: &str) -> bool {
        let blank = || rest[2..].chars().next().is_none_or(|c| c.is_whitespace() || c.is_control());
        rest.starts_with("--") && (!self.mysql() || blank())
    }

    fn line_comment(&self, rest: &str) -> usize {
        let end = if self.postgres() { rest.find(['\n', '\r']) } else { rest.find('\n') };
        end.unwrap_or(rest.len())
    }

    /// A block comment; PostgreSQL nests them.
    fn block_comment(&self, rest: &str) -> (TokenKind, usize, bool) {
        let (mut depth, mut at) = (1_u32, 2);
        while let Some(offset) = rest[at..].find(['*', '/']) {
            at += offset;
            if rest[at..].starts_with("*/") {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return (TokenKind::Comment, at, true);
                }
            } else if self.postgres() && rest[at..].starts_with("/*") {
                depth += 1;
                at += 2;
            } else {
                at += 1;
            }
        }
        (TokenKind::Comment, rest.len(), false)
    }

    /// `$1`, `$tag$ … $tag$` (PostgreSQL) or `$name` (SQLite).
    fn dollar(&self, rest: &str) -> (TokenKind, usize, bool) {
        let digits = run(&rest[1..], |c| c.is_ascii_digit());
        if digits > 0 && self.postgres() {
            return (TokenKind::Parameter, 1 + digits, true);
        }
        let name = run(&rest[1..], |c| is_word_part(c) && c != '$');
        if !self.postgres() {
            return if name > 0 { (TokenKind::Parameter, 1 + name, true) } else { (TokenKind::Symbol, 1, true) };
        }
        if !rest[1 + name..].starts_with('$') {
            return (TokenKind::Symbol, 1, true);
        }
        let tag = &rest[..name + 2];
        until(TokenKind::String, rest, tag, tag.len())
    }

    /// A word, or the string that it is the prefix of (`E'…'`, `X'…'`, `U&'…'`).
    fn word(&self, rest: &str) -> (TokenKind, usize, bool) {
        let length = run(rest, is_word_part);
        let (word, after) = rest.split_at(length);
        if after.starts_with('\'') && self.is_string_prefix(word) {
            let escapes =
                (self.postgres() && word.eq_ignore_ascii_case("e")) || (self.mysql() && word.eq_ignore_ascii_case("n"));
            return quoted(TokenKind::String, rest, '\'', length, escapes);
        }
        if self.postgres() && word.eq_ignore_ascii_case("u") && after.starts_with('&') {
            match after[1..].chars().next() {
                Some('\'') => return quoted(TokenKind::String, rest, '\'', length + 1, false),
                Some('"') => return quoted(TokenKind::Quoted, rest, '"', length + 1, false),
                _ => {}
            }
        }
        (TokenKind::Word, length, true)
    }

    fn is_string_prefix(&self, word: &str) -> bool {
        let prefixes: &[&str] = match self.dialect {
            Dialect::Postgres => &["e", "b", "x", "n"],
            Dialect::Sqlite => &["x"],
            Dialect::Mysql => &["b", "x", "n"],
        };
        prefixes.iter().any(|prefix| word.eq_ignore_ascii_case(prefix))
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        let (kind, length, complete) = self.read(first, rest);
        let start = self.position;
        self.position += length;
        Some(Token { kind, start, end: self.position, complete })
    }
}

/// All tokens of a text.
#[must_use]
pub fn tokens(sql: &str, dialect: Dialect) -> Vec<Token> {
    Lexer::new(sql, dialect).collect()
}

/// Length in bytes of the leading characters that satisfy `wanted`.
fn run(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !wanted(c)).unwrap_or(text.len())
}

/// Length of the opening of a MySQL comment whose inside is code: `/*!40101 …`, `/*M!100400 …`.
fn versioned(rest: &str) -> usize {
    let mark = if rest.starts_with("/*M!") { 4 } else { 3 };
    mark + run(&rest[mark..], |c| c.is_ascii_digit()).min(6)
}

/// Length of a MySQL variable: `@name`, `@@global.name`, and the quoted `@'name'`.
fn variable(rest: &str) -> usize {
    let signs = run(rest, |c| c == '@').min(2);
    match rest[signs..].chars().next() {
        Some(quote @ ('\'' | '"' | '`')) => quoted(TokenKind::Word, rest, quote, signs, false).1,
        _ => signs + run(&rest[signs..], |c| is_word_part(c) || c == '.'),
    }
}

/// A token that is closed by `quote`; a doubled quote stays inside, and so does what a backslash
/// escapes. `open` is the byte of the opening quote.
fn quoted(kind: TokenKind, rest: &str, quote: char, open: usize, escapes: bool) -> (TokenKind, usize, bool) {
    let mut chars = rest[open + 1..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote && chars.next_if(|&(_, next)| next == quote).is_none() {
            return (kind, open + 1 + at + 1, true);
        }
    }
    (kind, rest.len(), false)
}

/// A token that runs until `close`, searched from byte `from`.
fn until(kind: TokenKind, rest: &str, close: &str, from: usize) -> (TokenKind, usize, bool) {
    rest[from..].find(close).map_or((kind, rest.len(), false), |at| (kind, from + at + close.len(), true))
}

/// Length of a number: digits, a fraction, an exponent, `0x…`, and `_` between digits.
fn number(rest: &str) -> usize {
    if rest.len() > 2 && rest.starts_with('0') && rest[1..].starts_with(['x', 'X', 'o', 'O', 'b', 'B']) {
        let digits = run(&rest[2..], |c| c.is_ascii_hexdigit() || c == '_');
        if digits > 0 {
            return 2 + digits;
        }
    }
    let digit = |c: char| c.is_ascii_digit() || c == '_';
    let mut length = run(rest, digit);
    if rest[length..].starts_with('.') {
        length += 1 + run(&rest[length + 1..], digit);
    }
    if rest[length..].starts_with(['e', 'E']) {
        let signed = usize::from(rest[length + 1..].starts_with(['+', '-']));
        let digits = run(&rest[length + 1 + signed..], |c| c.is_ascii_digit());
        if digits > 0 {
            length += 1 + signed + digits;
        }
    }
    length
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// Whether a word may begin with it; everything beyond ASCII counts as a letter, as in both engines.
const fn is_word_start(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || !c.is_ascii()
}

const fn is_word_part(c: char) -> bool {
    is_word_start(c) || c.is_ascii_digit() || c == '$'
}
