//! Splits a SQL text into statements, as `psql`, `sqlite3` and `mysql` do, with their places in the text.
//!
//! The pieces cover the text without gap or overlap, so that any place in it belongs to one of them.
//! Nothing is parsed: a statement that the engine would reject is still one statement.

use std::ops::Range;

use crate::Dialect;
use crate::lex::{Lexer, Token, TokenKind};

/// What a piece of a SQL text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// A statement for the engine.
    Statement,
    /// A psql command (`\connect …`) or `DELIMITER …` of the `mysql` program; the engine does not know it.
    Meta,
    /// The rows after `COPY … FROM stdin`, closing `\.` included.
    CopyData,
    /// Space and comments that no statement follows.
    Blank,
}

/// A piece of a SQL text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'a> {
    /// What it is.
    pub kind: PieceKind,
    /// The statement with the comments before it, without the closing semicolon; for other kinds the text
    /// without surrounding space.
    pub text: &'a str,
    /// Bytes of `text` in the input.
    pub range: Range<usize>,
    /// Bytes of the whole piece: space, comments and semicolon included.
    pub span: Range<usize>,
    /// First byte of the input that is neither space nor comment.
    pub start: usize,
    /// Line of `start`, from 1.
    pub line: usize,
    /// Column of `start` in characters, from 1.
    pub column: usize,
    /// Whether every string, name and comment in it is closed.
    pub complete: bool,
}

/// The statement that the `mysql` program does not send: it says what ends the next ones.
const DELIMITER: &str = "delimiter";

/// Splits a text into pieces.
#[must_use]
pub fn pieces(sql: &str, dialect: Dialect) -> Vec<Piece<'_>> {
    let mut splitter = Splitter { sql, dialect, lexer: Lexer::new(sql, dialect), pieces: Vec::new(), delimiter: None };
    while splitter.lexer.position() < sql.len() {
        splitter.piece();
    }
    let mut found = splitter.pieces;
    place(sql, &mut found);
    found
}

/// The statements of a text, other pieces left out.
#[must_use]
pub fn statements(sql: &str, dialect: Dialect) -> Vec<Piece<'_>> {
    pieces(sql, dialect).into_iter().filter(|piece| piece.kind == PieceKind::Statement).collect()
}

struct Splitter<'a> {
    sql: &'a str,
    dialect: Dialect,
    lexer: Lexer<'a>,
    pieces: Vec<Piece<'a>>,
    /// What ends a statement instead of a semicolon (`DELIMITER //`).
    delimiter: Option<&'a str>,
}

impl Splitter<'_> {
    /// Reads one piece, and the data block that belongs to it.
    fn piece(&mut self) {
        let from = self.lexer.position();
        let mut shape = Shape::new(self.dialect);
        let (mut first, mut start, mut end) = (None, None, from);
        let mut complete = true;
        let mut kind = PieceKind::Blank;
        loop {
            let before = self.lexer.position();
            let Some(token) = self.lexer.next() else { break };
            complete &= token.complete;
            if token.kind == TokenKind::Meta && kind == PieceKind::Statement {
                self.lexer.jump(before);
                break;
            }
            if token.kind != TokenKind::Space {
                first.get_or_insert(token.start);
            }
            if !token.significant() {
                if kind == PieceKind::Blank {
                    end = token.end;
                }
                continue;
            }
            if let Some(rest) = self.delimiter_line(token, kind) {
                (start, end, kind) = (start.or(Some(token.start)), rest, PieceKind::Meta);
                break;
            }
            if let Some(delimiter) = self.delimiter {
                if self.sql[token.start..].starts_with(delimiter) {
                    self.lexer.jump(token.start + delimiter.len());
                    break;
                }
                // What ends the statement may begin inside what the lexer takes for one word.
                if let Some(at) = token.text(self.sql).find(delimiter).filter(|_| token.kind == TokenKind::Word) {
                    start.get_or_insert(token.start);
                    (end, kind) = (token.start + at, PieceKind::Statement);
                    self.lexer.jump(end + delimiter.len());
                    break;
                }
            } else if shape.ends(token, self.sql) {
                self.same_line_comment();
                break;
            }
            start.get_or_insert(token.start);
            end = token.end;
            if token.kind == TokenKind::Meta {
                kind = PieceKind::Meta;
                break;
            }
            kind = PieceKind::Statement;
        }
        let first = first.unwrap_or(from).min(end);
        self.push(kind, first..end, from, start.unwrap_or(first), complete);
        if kind == PieceKind::Statement && shape.copies_from_stdin() {
            self.copy_data();
        }
    }

    /// The end of a line `DELIMITER …` that begins with this token; from then on it holds.
    fn delimiter_line(&mut self, token: Token, kind: PieceKind) -> Option<usize> {
        let word = token.text(self.sql);
        if self.dialect != Dialect::Mysql || kind != PieceKind::Blank || !word.eq_ignore_ascii_case(DELIMITER) {
            return None;
        }
        let rest = &self.sql[token.end..];
        let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        let wanted = line.split_ascii_whitespace().next()?;
        self.delimiter = Some(wanted).filter(|delimiter| *delimiter != ";");
        self.lexer.jump(token.end + line.len());
        Some(token.end + line.trim_end().len())
    }

    /// A comment that follows the semicolon on the same line belongs to the statement before it.
    fn same_line_comment(&mut self) {
        let mut ahead = self.lexer.clone();
        for token in ahead.by_ref() {
            let text = token.text(self.sql);
            match token.kind {
                TokenKind::Space if !text.contains(['\n', '\r']) => {}
                TokenKind::Comment if text.starts_with("--") => {
                    self.lexer.jump(token.end);
                    return;
                }
                _ => return,
            }
        }
    }

    /// The data block after `COPY … FROM stdin;`: from the next line to the line `\.`, or to the end.
    fn copy_data(&mut self) {
        let from = self.lexer.position();
        let rest = &self.sql[from..];
        let Some(line_end) = rest.find('\n') else { return };
        let mut at = line_end + 1;
        let mut complete = false;
        while at < rest.len() && !complete {
            let line_end = rest[at..].find('\n').map_or(rest.len(), |offset| at + offset + 1);
            complete = rest[at..line_end].trim_end_matches(['\n', '\r']) == "\\.";
            at = line_end;
        }
        let text = rest[..at].trim();
        let first = from + (at - rest[..at].trim_start().len());
        self.lexer.jump(from + at);
        self.push(PieceKind::CopyData, first..first + text.len(), from, first, complete);
    }

    fn push(&mut self, kind: PieceKind, range: Range<usize>, from: usize, start: usize, complete: bool) {
        let text = &self.sql[range.clone()];
        let span = from..self.lexer.position();
        self.pieces.push(Piece { kind, text, range, span, start, line: 0, column: 0, complete });
    }
}

/// Fills in line and column of all pieces in one pass.
fn place(sql: &str, pieces: &mut [Piece<'_>]) {
    let (mut line, mut line_start, mut at) = (1, 0, 0);
    for piece in pieces {
        let passed = &sql[at..piece.start];
        line += passed.matches('\n').count();
        if let Some(last) = passed.rfind('\n') {
            line_start = at + last + 1;
        }
        at = piece.start;
        piece.line = line;
        piece.column = sql[line_start..at].trim_start_matches('\u{feff}').chars().count() + 1;
    }
}

/// What has been seen of a statement, to know which semicolon ends it.
struct Shape {
    dialect: Dialect,
    /// The first words in lower case, as many as the decisions need.
    words: Vec<String>,
    /// Open parentheses.
    parens: u32,
    /// Open `BEGIN ATOMIC` and `CASE` of a SQL function body.
    blocks: u32,
    /// The last significant tokens in lower case, the newest last.
    last: [String; 2],
    from_stdin: bool,
}

/// How many leading words are looked at.
const LEADING_WORDS: usize = 8;

impl Shape {
    fn new(dialect: Dialect) -> Self {
        Self { dialect, words: Vec::new(), parens: 0, blocks: 0, last: Default::default(), from_stdin: false }
    }

    /// Takes the next significant token in; true when it is the semicolon that ends the statement.
    fn ends(&mut self, token: Token, sql: &str) -> bool {
        let text = match token.kind {
            TokenKind::Word | TokenKind::Symbol => token.text(sql).to_ascii_lowercase(),
            _ => String::new(),
        };
        if token.kind == TokenKind::Word {
            self.word(&text);
        }
        let ends = match text.as_str() {
            "(" => {
                self.parens += 1;
                false
            }
            ")" => {
                self.parens = self.parens.saturating_sub(1);
                false
            }
            ";" => self.semicolon_ends(),
            _ => false,
        };
        self.last.rotate_left(1);
        self.last[1] = text;
        ends
    }

    fn semicolon_ends(&self) -> bool {
        match self.dialect {
            // As psql: not inside parentheses (CREATE RULE … DO (a; b)), not inside a function body.
            Dialect::Postgres => self.parens == 0 && self.blocks == 0,
            // As sqlite3_complete(): a trigger ends with `; END ;`.
            // Without DELIMITER: a routine or trigger ends when its blocks do.
            Dialect::Mysql => self.blocks == 0,
            Dialect::Sqlite => !self.is_sqlite_trigger() || (self.last[0] == ";" && self.last[1] == "end"),
        }
    }

    fn word(&mut self, word: &str) {
        if self.words.len() < LEADING_WORDS {
            self.words.push(word.to_owned());
        }
        if word == "stdin" && self.last[1] == "from" {
            self.from_stdin = true;
        }
        if self.dialect == Dialect::Mysql {
            self.mysql_block(word);
        }
        if self.dialect != Dialect::Postgres || !self.is_routine() || self.parens > 0 {
            return;
        }
        match word {
            "atomic" if self.last[1] == "begin" => self.blocks += 1,
            "case" if self.blocks > 0 => self.blocks += 1,
            "end" => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
    }

    /// Counts the blocks of a routine, trigger or event of MySQL. `END IF` and its like close what `IF` opened.
    fn mysql_block(&mut self, word: &str) {
        let stored = ["procedure", "function", "trigger", "event"];
        let creates = self.words.first().is_some_and(|first| first == "create");
        if !creates || !self.words.iter().any(|word| stored.contains(&word.as_str())) {
            return;
        }
        let closes = self.last[1] == "end";
        match word {
            "begin" => self.blocks += 1,
            "case" if self.blocks > 0 && !closes => self.blocks += 1,
            // Only as statements: `IF(…)` and `REPEAT(…)` are functions as well, `IF EXISTS` is a clause.
            "if" | "loop" | "while" | "repeat" if self.blocks > 0 && !closes && self.begins_statement() => {
                self.blocks += 1;
            }
            "end" => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
    }

    /// Whether the next word stands where a statement of a block can begin.
    fn begins_statement(&self) -> bool {
        matches!(self.last[1].as_str(), ";" | "begin" | "then" | "else" | "do" | "loop" | "repeat" | ":")
    }

    fn is_routine(&self) -> bool {
        let mut words = self.words.iter().map(String::as_str).filter(|word| !matches!(*word, "or" | "replace"));
        words.next() == Some("create") && matches!(words.next(), Some("function" | "procedure"))
    }

    fn is_sqlite_trigger(&self) -> bool {
        let skipped = ["explain", "query", "plan", "temp", "temporary"];
        let mut words = self.words.iter().map(String::as_str).filter(|word| !skipped.contains(word));
        words.next() == Some("create") && words.next() == Some("trigger")
    }

    fn copies_from_stdin(&self) -> bool {
        self.dialect == Dialect::Postgres && self.from_stdin && self.words.first().is_some_and(|word| word == "copy")
    }
}
