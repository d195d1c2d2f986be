//! Splits a file into statements, and refuses what only psql understands.

use std::sync::Arc;

use dbwright_core::Failure;
use dbwright_migrate::{Script, Statement};
use dbwright_sql::Dialect;
use dbwright_sql::lex::{Lexer, TokenKind};
use dbwright_sql::split::{self, Piece, PieceKind};

/// Reads a text as statements.
///
/// # Errors
/// At the first psql command, `COPY` data block, or string and comment that is never closed.
pub(super) fn read(file: &str, text: &str) -> Result<Script, Failure> {
    let mut statements = Vec::new();
    for piece in split::pieces(text, Dialect::Postgres) {
        match piece.kind {
            PieceKind::Blank => {}
            PieceKind::Statement if piece.complete => statements.push(statement(text, &piece)),
            PieceKind::Statement => {
                let what = "a string, quoted name or comment that begins in this statement is never closed";
                return Err(refused("migrate.unfinished-text", file, text, &piece, what));
            }
            PieceKind::Meta => {
                let word = piece.text.split_whitespace().next().unwrap_or("\\");
                let what = format!("{word} is a command of psql, which the server does not know");
                return Err(refused("migrate.client-command", file, text, &piece, &what)
                    .hint("write out what it stands for: migrations are sent to the server as they are"));
            }
            PieceKind::CopyData => {
                let what = "rows of COPY … FROM stdin can't be part of a migration";
                return Err(refused("migrate.copy-data", file, text, &piece, what).hint("write INSERT statements"));
            }
        }
    }
    Ok(Script { file: file.to_owned(), text: Arc::from(text), statements })
}

fn statement(text: &str, piece: &Piece<'_>) -> Statement {
    let span = &text[piece.span.clone()];
    let comments: Vec<String> = Lexer::new(span, Dialect::Postgres)
        .filter(|token| token.kind == TokenKind::Comment)
        .filter(|token| {
            // Inside the statement they are part of its text.
            let at = piece.span.start + token.start;
            at < piece.start || at >= piece.range.end
        })
        .map(|token| token.text(span).to_owned())
        .collect();
    Statement {
        sql: text[piece.start..piece.range.end].trim_end().to_owned(),
        comments,
        range: piece.start..piece.range.end,
        line: piece.line,
        column: piece.column,
    }
}

fn refused(code: &'static str, file: &str, text: &str, piece: &Piece<'_>, what: &str) -> Failure {
    let line = text.lines().nth(piece.line - 1).unwrap_or_default();
    let number = piece.line.to_string();
    let caret = " ".repeat(number.len() + 3 + piece.column - 1);
    Failure::usage(code, format!("{file}:{}:{}: {what}", piece.line, piece.column))
        .excerpt(format!("{number} | {line}\n{caret}^"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_becomes_statements_with_their_places_and_comments() {
        let text = "-- first\nSELECT 1; -- same line\n\n/* two */ SELECT\n 'a;b' -- inside\n;";
        let script = read("x.sql", text).expect("read");
        let sql: Vec<_> = script.statements.iter().map(|s| s.sql.as_str()).collect();
        assert_eq!(sql, ["SELECT 1", "SELECT\n 'a;b'"]);
        assert_eq!(script.statements[0].comments, ["-- first", "-- same line"]);
        assert_eq!((script.statements[1].line, script.statements[1].column), (4, 11));
        assert_eq!(&text[script.statements[1].range.clone()], "SELECT\n 'a;b'");
    }

    #[test]
    fn what_only_psql_knows_is_refused_with_its_place() {
        let failure = read("x.sql", "SELECT 1;\n  \\i other.sql\n").expect_err("refused");
        assert_eq!(failure.code, "migrate.client-command");
        assert!(failure.message.starts_with("x.sql:2:3: \\i is a command of psql"), "{}", failure.message);
        assert_eq!(failure.excerpt.as_deref(), Some("2 |   \\i other.sql\n      ^"));
        assert_eq!(read("x.sql", "SELECT 'a").expect_err("refused").code, "migrate.unfinished-text");
        let copy = read("x.sql", "COPY t FROM stdin;\n1\n\\.\n").expect_err("refused");
        assert_eq!(copy.code, "migrate.copy-data");
    }
}
