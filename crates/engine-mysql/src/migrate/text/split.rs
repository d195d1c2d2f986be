//! From a file to its statements, as the mysql client splits it: `DELIMITER`, comments, strings. Bodies of routines need no
//! `DELIMITER` here: their blocks are counted.

use std::path::Path;
use std::sync::Arc;

use dbwright_core::Failure;
use dbwright_migrate::{Script, Statement};
use dbwright_sql::excerpt::{Place, show_range};

use super::lex::{Kind, Lexer, Token};

/// Splits a text into statements.
///
/// # Errors
/// When it holds commands of the mysql client, or a string, name or comment that is never closed.
pub(crate) fn script(file: &str, text: &str) -> Result<Script, Failure> {
    let mut reader =
        Reader { file, text, lexer: Lexer::new(text), delimiter: ";".to_owned(), comments: Vec::new(), passed: (0, 1) };
    let mut statements = Vec::new();
    while let Some(statement) = reader.statement()? {
        statements.push(statement);
    }
    Ok(Script { file: file.to_owned(), text: Arc::from(text), statements })
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    lexer: Lexer<'a>,
    delimiter: String,
    comments: Vec<String>,
    /// A byte, and its line: lines before it are not counted again.
    passed: (usize, usize),
}

impl Reader<'_> {
    fn statement(&mut self) -> Result<Option<Statement>, Failure> {
        self.comments.clear();
        let mut body = Body::default();
        let (mut start, mut end) = (None, 0);
        loop {
            let before = self.lexer.position();
            if self.ends(&body) {
                self.lexer.jump(before + self.delimiter.len());
                if start.is_some() {
                    break;
                }
                continue;
            }
            let Some(token) = self.lexer.next() else { break };
            if !token.complete {
                return Err(self.unfinished(token));
            }
            match token.kind {
                Kind::Space => self.gap(token, start.is_none()),
                Kind::Comment if start.is_none() => self.comments.push(token.text(self.text).trim_end().to_owned()),
                Kind::Comment => {}
                _ => {
                    if start.is_none() && self.command(token)? {
                        continue;
                    }
                    start.get_or_insert(token.start);
                    end = token.end;
                    body.take(token, self.text);
                }
            }
        }
        let Some(start) = start else { return Ok(None) };
        self.behind();
        let place = self.place(start);
        Ok(Some(Statement {
            file: self.file.into(),
            sql: self.text[start..end].to_owned(),
            comments: std::mem::take(&mut self.comments),
            range: start..end,
            line: place.line,
            column: place.column,
        }))
    }

    /// The place of a byte behind those that were asked for before.
    fn place(&mut self, byte: usize) -> Place {
        let (from, line) = self.passed;
        self.passed = (byte, line + self.text[from..byte].matches('\n').count());
        let line_start = self.text[..byte].rfind('\n').map_or(0, |newline| newline + 1);
        Place { line: self.passed.1, column: self.text[line_start..byte].chars().count() + 1 }
    }

    fn ends(&self, body: &Body) -> bool {
        self.text[self.lexer.position()..].starts_with(&self.delimiter) && (self.delimiter != ";" || body.depth == 0)
    }

    /// An empty line parts a comment from the statement behind it.
    fn gap(&mut self, token: Token, leading: bool) {
        if leading && token.text(self.text).matches('\n').count() > 1 {
            self.comments.clear();
        }
    }

    /// Comments behind a statement, on its last line.
    fn behind(&mut self) {
        let mut ahead = self.lexer.clone();
        for token in ahead.by_ref() {
            let text = token.text(self.text);
            match token.kind {
                Kind::Space if !text.contains('\n') => {}
                Kind::Comment if token.complete => {
                    self.comments.push(text.trim_end().to_owned());
                    self.lexer.jump(token.end);
                }
                _ => return,
            }
        }
    }

    /// A command of the client in place of a statement: `DELIMITER` is carried out.
    fn command(&mut self, token: Token) -> Result<bool, Failure> {
        let rest = &self.text[token.start..];
        let line = rest.lines().next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let word = words.next().unwrap_or_default();
        if word.eq_ignore_ascii_case("delimiter") {
            let Some(delimiter) = words.next() else {
                return Err(self.refuse("migrate.client-command", token.start, "DELIMITER needs a delimiter"));
            };
            delimiter.clone_into(&mut self.delimiter);
            self.lexer.jump(token.start + line.len());
            return Ok(true);
        }
        if word.starts_with('\\') || (word.eq_ignore_ascii_case("source") && words.next().is_some()) {
            let message = format!("`{word}` is a command of the mysql client, not SQL: the server doesn't know it");
            let failure = self.refuse("migrate.client-command", token.start, &message);
            return Err(failure
                .hint("put the statements themselves here; a migration is one file, so that its checksum covers it"));
        }
        Ok(false)
    }

    fn unfinished(&self, token: Token) -> Failure {
        let what = match token.kind {
            Kind::Comment => "a comment",
            Kind::Quoted => "a quoted name",
            _ => "a string",
        };
        self.refuse("migrate.unfinished", token.start, &format!("{what} begins here and is never closed"))
            .hint("close it, or look for a quote that is missing before it")
    }

    fn refuse(&self, code: &'static str, at: usize, message: &str) -> Failure {
        let place = Place::of(self.text, at);
        let end = at + self.text[at..].chars().next().map_or(0, char::len_utf8);
        Failure::usage(code, format!("{}:{}:{}: {message}", self.file, place.line, place.column)).excerpt(show_range(
            Path::new(self.file),
            self.text,
            at..end,
        ))
    }
}

/// The blocks of a routine's body, so that semicolons within it end nothing.
#[derive(Default)]
struct Body {
    words: usize,
    create: bool,
    routine: bool,
    depth: usize,
    /// The significant token before, in lower case.
    last: String,
}

/// What a statement of a body can follow.
const BEFORE: [&str; 10] = [";", ":", "begin", "then", "else", "do", "loop", "repeat", "row", "atomic"];

impl Body {
    fn take(&mut self, token: Token, text: &str) {
        if !token.significant() {
            return;
        }
        let word = match token.kind {
            Kind::Word | Kind::Symbol => token.text(text).to_ascii_lowercase(),
            _ => String::new(),
        };
        self.words += 1;
        match self.words {
            1 => self.create = word == "create",
            // CREATE OR REPLACE DEFINER = `a`@`b` SQL SECURITY … TRIGGER
            2..=16 if self.create && !self.routine => {
                self.routine = matches!(word.as_str(), "procedure" | "function" | "trigger" | "event");
            }
            _ => {}
        }
        if self.routine {
            self.block(&word);
        }
        self.last = word;
    }

    fn block(&mut self, word: &str) {
        let begins = BEFORE.contains(&self.last.as_str());
        match word {
            "begin" => self.depth += 1,
            "case" if self.last != "end" => self.depth += 1,
            "if" | "loop" | "while" | "repeat"
                if self.last != "end" && begins && (self.depth > 0 || self.last == "row") =>
            {
                self.depth += 1;
            }
            "end" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        script("m.sql", text).expect("it is right").statements.into_iter().map(|s| s.sql).collect()
    }

    #[test]
    fn statements_with_places_and_comments() {
        let text = "-- head\n\n# about a\nALTER TABLE a /* in ; */ ADD b int; -- behind\n\n  SELECT ';' -- last\n";
        let script = script("m.sql", text).expect("two");
        let [a, b] = script.statements.as_slice() else { panic!("{script:?}") };
        assert_eq!(a.sql, "ALTER TABLE a /* in ; */ ADD b int");
        assert_eq!(a.comments, ["# about a", "-- behind"]);
        assert_eq!((a.line, a.column), (4, 1));
        assert_eq!((b.sql.as_str(), b.line, b.column), ("SELECT ';'", 6, 3));
    }

    #[test]
    fn bodies_with_and_without_delimiter() {
        let body = "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.a > 1 THEN SET NEW.a = IF(1, 2, 3); \
                    END IF; CASE NEW.b WHEN 1 THEN SET NEW.b = CASE 1 WHEN 1 THEN 2 END; END CASE; END";
        assert_eq!(parts(&format!("{body};\nSELECT 2;")), [body, "SELECT 2"]);
        assert_eq!(parts(&format!("DELIMITER //\n{body}//\nDELIMITER ;\nSELECT 2;")), [body, "SELECT 2"]);
        let plain = "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1";
        assert_eq!(parts(&format!("{plain}; SELECT 1")), [plain, "SELECT 1"]);
        assert_eq!(parts("/*!40101 SET NAMES utf8 */;"), ["/*!40101 SET NAMES utf8 */"]);
    }

    #[test]
    fn what_is_no_sql_is_refused_with_its_place() {
        for (text, code) in [
            ("SELECT 1;\n\\. other.sql", "migrate.client-command"),
            ("source other.sql", "migrate.client-command"),
            ("SELECT 'x;", "migrate.unfinished"),
        ] {
            let failure = script("f.sql", text).expect_err(text);
            assert_eq!(failure.code, code);
            assert!(failure.excerpt.is_some_and(|excerpt| excerpt.contains("f.sql:")));
        }
    }
}
