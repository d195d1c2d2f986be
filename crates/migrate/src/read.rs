//! From a SQL text to its statements, with what no server understands told by line and caret.

use std::path::Path;
use std::sync::Arc;

use dbwright_core::Failure;
use dbwright_sql::Dialect;
use dbwright_sql::excerpt::{Place, show_range};
use dbwright_sql::lex::{Lexer, TokenKind};
use dbwright_sql::split::{Piece, PieceKind, pieces};

use crate::script::{Script, Statement};

/// Splits a text into statements as the client of the dialect does.
///
/// # Errors
/// When it holds what no statement is: client commands (`\i`), rows of `COPY … FROM stdin`, or an unfinished string; with
/// line and caret.
pub fn read(file: &str, text: &str, dialect: Dialect) -> Result<Script, Failure> {
    let mut statements = Vec::new();
    let name: Arc<str> = Arc::from(file);
    for piece in pieces(text, dialect) {
        if !piece.complete {
            return Err(unfinished(file, text, &piece, dialect));
        }
        match piece.kind {
            PieceKind::Statement => statements.push(statement(&name, text, &piece, dialect)),
            PieceKind::Meta => return Err(client_command(file, text, &piece)),
            PieceKind::CopyData => return Err(copy_data(file, text, &piece)),
            PieceKind::Blank => {}
        }
    }
    Ok(Script { file: file.to_owned(), text: Arc::from(text), statements })
}

fn statement(file: &Arc<str>, text: &str, piece: &Piece<'_>, dialect: Dialect) -> Statement {
    let mut comments = before(text, piece, dialect);
    comments.extend(behind(text, piece, dialect));
    Statement {
        file: Arc::clone(file),
        sql: text[piece.start..piece.range.end].to_owned(),
        comments,
        range: piece.start..piece.range.end,
        line: piece.line,
        column: piece.column,
    }
}

/// Comments that stand directly before a statement: no empty line between.
fn before(text: &str, piece: &Piece<'_>, dialect: Dialect) -> Vec<String> {
    let mut found = Vec::new();
    let lead = &text[piece.span.start..piece.start];
    for token in Lexer::new(lead, dialect) {
        let part = token.text(lead);
        if token.kind == TokenKind::Comment {
            found.push(part.trim_end().to_owned());
        } else if part.matches('\n').count() > 1 {
            found.clear();
        }
    }
    found
}

/// Comments behind a statement, on its last line.
fn behind(text: &str, piece: &Piece<'_>, dialect: Dialect) -> Vec<String> {
    let mut found = Vec::new();
    let rest = &text[piece.range.end..piece.span.end];
    for token in Lexer::new(rest, dialect) {
        let part = token.text(rest);
        if token.kind == TokenKind::Comment {
            found.push(part.trim_end().to_owned());
        }
        if part.contains('\n') {
            break;
        }
    }
    found
}

fn unfinished(file: &str, text: &str, piece: &Piece<'_>, dialect: Dialect) -> Failure {
    let span = &text[piece.span.clone()];
    let open = Lexer::new(span, dialect).find(|token| !token.complete);
    let (what, at) = open.map_or(("a string", 0), |token| match token.kind {
        TokenKind::Comment => ("a comment", token.start),
        TokenKind::Quoted => ("a quoted name", token.start),
        _ => ("a string", token.start),
    });
    let at = piece.span.start + at;
    Failure::usage(
        "migrate.unfinished",
        format!("{}: {what} begins here and is never closed", at_place(file, text, at)),
    )
    .excerpt(show_range(Path::new(file), text, at..at + 1))
    .hint("close it, or look for a quote that is missing before it")
}

fn client_command(file: &str, text: &str, piece: &Piece<'_>) -> Failure {
    let command = text[piece.start..piece.range.end].trim();
    let word = command.split_whitespace().next().unwrap_or(command);
    let place = at_place(file, text, piece.start);
    let message = format!("{place}: `{word}` is a command of psql, not SQL: the server doesn't know it");
    Failure::usage("migrate.client-command", message)
        .excerpt(show_range(Path::new(file), text, piece.start..piece.range.end))
        .hint(instead(word))
}

fn at_place(file: &str, text: &str, byte: usize) -> String {
    let place = Place::of(text, byte);
    format!("{file}:{}:{}", place.line, place.column)
}

/// What to write in place of a psql command.
fn instead(word: &str) -> &'static str {
    match word {
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => {
            "put the statements of that file here; a migration is one file, so that its checksum covers it"
        }
        "\\copy" => "write the rows as INSERT statements, or load them outside the migration",
        "\\c" | "\\connect" => "name the database in the target; a migration belongs to one database",
        "\\gexec" => "write a DO block that runs the statements with EXECUTE",
        "\\if" | "\\elif" | "\\else" | "\\endif" => "write a DO block with IF",
        _ => "leave it out: a migration holds SQL alone, and dbwright stops at the first error by itself",
    }
}

fn copy_data(file: &str, text: &str, piece: &Piece<'_>) -> Failure {
    let place = at_place(file, text, piece.start);
    Failure::usage(
        "migrate.copy-data",
        format!("{place}: rows behind `COPY … FROM stdin` are for psql, a migration holds SQL alone"),
    )
    .excerpt(show_range(Path::new(file), text, piece.range.clone()))
    .hint("write them as INSERT statements (`pg_dump --inserts`), or load them outside the migration")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_pg(text: &str) -> Result<Script, Failure> {
        read("m.sql", text, Dialect::Postgres)
    }

    #[test]
    fn statements_have_their_places_and_comments() {
        let text = "-- head\n\n-- about a\nALTER TABLE a /* inside */ ADD b int; -- behind\n\n  SELECT ';' -- last\n";
        let script = read_pg(text).expect("two statements");
        let [a, b] = script.statements.as_slice() else { panic!("{script:?}") };
        assert_eq!(a.sql, "ALTER TABLE a /* inside */ ADD b int");
        assert_eq!(a.comments, ["-- about a", "-- behind"]);
        assert_eq!((a.line, a.column), (4, 1));
        assert_eq!(&text[a.range.clone()], a.sql);
        assert_eq!((b.sql.as_str(), b.line, b.column), ("SELECT ';'", 6, 3));
        assert_eq!(b.comments, ["-- last"]);
    }

    #[test]
    fn what_no_server_understands_is_told_with_a_caret() {
        let failure = read_pg("SELECT 1;\n\\i other.sql\n").expect_err("a client command");
        assert_eq!(failure.code, "migrate.client-command");
        assert_eq!(failure.excerpt.as_deref(), Some(" --> m.sql:2:1\n  |\n2 | \\i other.sql\n  | ^^^^^^^^^^^^"));
        let failure = read_pg("COPY a FROM stdin;\n1\n\\.\n").expect_err("rows");
        assert_eq!(failure.code, "migrate.copy-data");
        assert!(failure.message.starts_with("m.sql:2:1: rows behind"), "{}", failure.message);
        let failure = read_pg("SELECT 1;\nSELECT 'oops;\n").expect_err("open");
        assert!(failure.excerpt.as_deref().is_some_and(|e| e.contains("m.sql:2:8")), "{:?}", failure.excerpt);
        assert!(failure.message.contains("a string"));
        assert!(read_pg("DO $$ BEGIN").expect_err("open").message.contains("string"));
        assert!(read_pg("/* x").expect_err("open").message.contains("a comment"));
    }

    #[test]
    fn an_empty_text_has_no_statements() {
        assert!(read_pg(" -- nothing\n;;\n").expect("nothing is no error").statements.is_empty());
    }
}
