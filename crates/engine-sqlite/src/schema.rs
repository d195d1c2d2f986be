//! A schema file as a target: loaded into a database in memory by the real library, and observed there.

use std::path::Path;

use dbwright_check::SchemaLab;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::snapshot::Cost;
use dbwright_core::{BoxFuture, Failure, Snapshot};
use dbwright_sql::Dialect;
use dbwright_sql::split::{Piece, PieceKind, pieces};
use rusqlite::Connection;
use rusqlite::limits::Limit;

use crate::connect::Source;
use crate::error::Error;
use crate::{Sqlite, observe};

impl SchemaLab for Sqlite {
    fn dialects(&self) -> &'static [&'static str] {
        &["sqlite"]
    }

    fn load<'a>(
        &'a self,
        file: &'a Path,
        sql: &'a str,
        _dialect: &'a str,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot, Failure>> {
        Box::pin(async move { load(file, sql, options, progress) })
    }
}

fn load(file: &Path, sql: &str, options: &ObserveOptions, progress: &dyn Progress) -> Result<Snapshot, Failure> {
    let unusable = || Error::sqlite("a database in memory can't be made");
    let db = Connection::open_in_memory().map_err(unusable())?;
    // A schema file is somebody's text: it must not reach any other file.
    db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0).map_err(unusable())?;
    // As the sqlite3 shell has it: the file says so itself when it wants foreign keys enforced.
    db.pragma_update(None, "foreign_keys", false).map_err(unusable())?;
    let pieces = pieces(sql, Dialect::Sqlite);
    progress.stage("loading the schema file", Some(pieces.len() as u64));
    for (done, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.kind == PieceKind::Statement) {
        if progress.cancelled() {
            return Err(Error::Cancelled.into());
        }
        db.execute_batch(piece.text).map_err(|error| rejected(file, sql, piece, &error))?;
        progress.step(done as u64);
    }
    if !db.is_autocommit() {
        db.execute_batch("COMMIT").map_err(Error::sqlite("the file's last transaction can't be committed"))?;
    }
    let mut source = Source::memory(file, db);
    let mut snapshot = observe::source_snapshot(&mut source, options, progress)?;
    snapshot.header.cost =
        Cost { own_s: snapshot.header.cost.own_s + snapshot.header.cost.target_s, ..Cost::default() };
    Ok(snapshot)
}

/// SQLite's own message with its place in the user's file.
fn rejected(file: &Path, sql: &str, piece: &Piece<'_>, error: &rusqlite::Error) -> Failure {
    let (message, offset) = match error {
        rusqlite::Error::SqlInputError { msg, offset, .. } => (msg.clone(), usize::try_from(*offset).ok()),
        rusqlite::Error::SqliteFailure(_, Some(message)) => (message.clone(), None),
        other => (other.to_string(), None),
    };
    let at = offset.map_or(piece.start, |offset| piece.range.start + offset).min(sql.len());
    let before = sql.get(..at).unwrap_or(sql);
    let line = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before[line_start..].chars().count() + 1;
    let text = sql[line_start..].lines().next().unwrap_or_default();
    let failure = Failure::unreachable("schema.rejected", format!("SQLite rejects a statement: {message}"))
        .excerpt(excerpt(file, line, column, text));
    if piece.text.trim_start().starts_with('.') {
        return failure.hint("commands of the sqlite3 shell are no SQL; leave them out");
    }
    failure.hint("mend the statement in the file, and check again")
}

/// Longest piece of a line that is shown; a dump may have lines of megabytes.
const WIDEST: usize = 120;

/// The place, its line, and a caret below it.
fn excerpt(file: &Path, line: usize, column: usize, text: &str) -> String {
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let from = (column - 1).saturating_sub(WIDEST / 2);
    let shown: String = text.chars().skip(from).take(WIDEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let caret = " ".repeat(column - 1 - from);
    let file = file.display();
    format!("{margin}--> {file}:{line}:{column}\n{margin} |\n{number} | {}\n{margin} | {caret}^", shown.trim_end())
}
