//! The journal in the file: two plain tables, whose marks are written in the same transaction as the step.
//!
//! They are not STRICT, because libraries before 3.37 refuse to open a file that has such a table.

use dbwright_core::Failure;
use dbwright_migrate::journal::{Entry, Mark, Part, Place, Progressed, State, Turn, Write};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

const CREATE: &str = "
CREATE TABLE IF NOT EXISTS main.dbwright_migrations (
  version TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, state TEXT NOT NULL,
  started_at TEXT, applied_at TEXT, execution_time_ms INTEGER NOT NULL DEFAULT 0,
  rolled_back INTEGER NOT NULL DEFAULT 0, rolled_back_at TEXT,
  up TEXT NOT NULL, down TEXT, planned TEXT NOT NULL DEFAULT '[]', begun INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS main.dbwright_steps (
  version TEXT NOT NULL, part TEXT NOT NULL, statement INTEGER NOT NULL, step INTEGER NOT NULL,
  state TEXT NOT NULL, position TEXT, plan TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, error TEXT,
  started_at TEXT, finished_at TEXT, PRIMARY KEY (version, part, statement, step));
/* dbwright */";

/// The time by SQLite's clock, as the journal keeps it.
const NOW: &str = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

/// Whether the file has a journal.
pub(crate) fn exists(db: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name IN ('dbwright_migrations', 'dbwright_steps') /* dbwright */";
    Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))? == 2)
}

/// Reads the journal, the oldest entry first; none when there is none.
///
/// # Errors
/// When it can't be read.
pub(crate) fn read(db: &Connection) -> Result<Vec<Entry>, Failure> {
    let unreadable = || Error::sqlite("the journal of migrations can't be read");
    if !exists(db).map_err(unreadable())? {
        return Ok(Vec::new());
    }
    let sql = "SELECT version, name, checksum, state, started_at, applied_at, execution_time_ms, rolled_back, rolled_back_at, up, down, planned FROM main.dbwright_migrations ORDER BY begun /* dbwright */";
    let mut entries = rows(db, sql, entry).map_err(unreadable())?;
    let sql = "SELECT version, part, statement, step, state, position, plan, attempts, error, started_at, finished_at FROM main.dbwright_steps ORDER BY version, part DESC, statement, step /* dbwright */";
    for mark in rows(db, sql, mark).map_err(unreadable())? {
        if let Some(entry) = entries.iter_mut().find(|entry| entry.version == mark.place.version) {
            entry.steps.push(mark);
        }
    }
    Ok(entries)
}

fn rows<T>(db: &Connection, sql: &str, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> rusqlite::Result<Vec<T>> {
    db.prepare(sql)?.query_map([], read)?.collect()
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        version: row.get(0)?,
        name: row.get(1)?,
        checksum: row.get(2)?,
        state: State::of(&row.get::<_, String>(3)?).ok_or_else(|| odd(3, "no state"))?,
        started_at: moment(row, 4)?,
        applied_at: moment(row, 5)?,
        execution_time_ms: row.get(6)?,
        rolled_back: row.get(7)?,
        rolled_back_at: moment(row, 8)?,
        up: json(row, 9)?.unwrap_or_default(),
        down: json(row, 10)?,
        planned: json(row, 11)?.unwrap_or_default(),
        steps: Vec::new(),
    })
}

fn mark(row: &Row<'_>) -> rusqlite::Result<Mark> {
    let number = |at| -> rusqlite::Result<usize> {
        usize::try_from(row.get::<_, i64>(at)?).map_err(|_| odd(at, "a negative number"))
    };
    let part = if row.get::<_, String>(1)? == Part::Up.word() { Part::Up } else { Part::Down };
    Ok(Mark {
        place: Place { version: row.get(0)?, part, statement: number(2)?, step: number(3)? },
        state: Progressed::of(&row.get::<_, String>(4)?).ok_or_else(|| odd(4, "no state"))?,
        position: json(row, 5)?,
        plan: json(row, 6)?.ok_or_else(|| odd(6, "no plan"))?,
        attempts: row.get(7)?,
        error: row.get(8)?,
        started_at: moment(row, 9)?,
        finished_at: moment(row, 10)?,
    })
}

fn odd(column: usize, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what.into())
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<String>>(column)?.and_then(|text| text.parse().ok()))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get::<_, Option<String>>(column)? else { return Ok(None) };
    let read = serde_json::from_str(&text);
    read.map(Some)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e)))
}

fn text(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// Carries one write out, in the caller's transaction; makes the journal first where there is none.
///
/// # Errors
/// When the file can't be written.
pub(crate) fn write(db: &Connection, write: &Write) -> rusqlite::Result<()> {
    if !exists(db)? {
        db.execute_batch(CREATE)?;
    }
    match write {
        Write::Begin(entry) => begin(db, entry),
        Write::Plan { version, part, statement, plan } => {
            let sql = "DELETE FROM main.dbwright_steps WHERE version = ?1 AND part = ?2 AND statement = ?3";
            let place = i64::try_from(*statement).unwrap_or(i64::MAX);
            db.execute(sql, params![version, part.word(), place])?;
            for (step, plan) in plan.steps.iter().enumerate() {
                let place = Place { version: version.clone(), part: *part, statement: *statement, step };
                insert(db, &place, Progressed::Planned, &text(plan)?)?;
            }
            let mut turn = Turn { part: *part, statement: *statement, plan: (**plan).clone() };
            turn.plan.steps.clear();
            remember(db, version, turn)
        }
        Write::Mended { version, checksum, up, down } => {
            let sql = "UPDATE main.dbwright_migrations SET checksum = ?2, up = ?3, down = ?4 WHERE version = ?1";
            let down = down.as_ref().map(text).transpose()?;
            db.execute(sql, params![version, checksum, text(up)?, down]).map(drop)
        }
        Write::State { version, state } => {
            let moment = match state {
                State::AwaitsContract | State::Applied | State::Baseline => {
                    format!(", applied_at = coalesce(applied_at, {NOW})")
                }
                State::RolledBack => format!(", rolled_back = 1, rolled_back_at = {NOW}"),
                State::Running | State::Undoing => String::new(),
            };
            let sql = format!("UPDATE main.dbwright_migrations SET state = ?2{moment} WHERE version = ?1");
            db.execute(&sql, params![version, state.word()]).map(drop)
        }
        Write::Took { version, ms } => {
            let sql =
                "UPDATE main.dbwright_migrations SET execution_time_ms = execution_time_ms + ?2 WHERE version = ?1";
            db.execute(sql, params![version, ms]).map(drop)
        }
        Write::Failed { place, error } => {
            let sql = "UPDATE main.dbwright_steps SET error = ?5 WHERE version = ?1 AND part = ?2 AND statement = ?3 AND step = ?4";
            let (statement, step) = numbers(place);
            db.execute(sql, params![place.version, place.part.word(), statement, step, error]).map(drop)
        }
    }
}

fn begin(db: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    db.execute("DELETE FROM main.dbwright_steps WHERE version = ?1", [&entry.version])?;
    let moment = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
    let applied = if entry.state.in_effect() && entry.applied_at.is_none() { NOW } else { "?6" };
    let sql = format!(
        "INSERT OR REPLACE INTO main.dbwright_migrations \
         (version, name, checksum, state, started_at, applied_at, execution_time_ms, rolled_back, rolled_back_at, up, down, planned, begun) \
         VALUES (?1, ?2, ?3, ?4, coalesce(?5, {NOW}), {applied}, ?7, ?8, ?9, ?10, ?11, ?12, \
         (SELECT coalesce(max(begun), 0) + 1 FROM main.dbwright_migrations))"
    );
    let down = entry.down.as_ref().map(text).transpose()?;
    let values = params![
        entry.version,
        entry.name,
        entry.checksum,
        entry.state.word(),
        moment(entry.started_at),
        moment(entry.applied_at),
        entry.execution_time_ms,
        entry.rolled_back,
        moment(entry.rolled_back_at),
        text(&entry.up)?,
        down,
        text(&entry.planned)?
    ];
    db.execute(&sql, values)?;
    for mark in &entry.steps {
        insert(db, &mark.place, mark.state, &text(&mark.plan)?)?;
    }
    Ok(())
}

fn insert(db: &Connection, place: &Place, state: Progressed, plan: &str) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO main.dbwright_steps (version, part, statement, step, state, plan) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (statement, step) = numbers(place);
    db.execute(sql, params![place.version, place.part.word(), statement, step, state.word(), plan]).map(drop)
}

/// Puts a turn in the place of an older one of its statement.
fn remember(db: &Connection, version: &str, turn: Turn) -> rusqlite::Result<()> {
    let sql = "SELECT planned FROM main.dbwright_migrations WHERE version = ?1";
    let planned: Option<Vec<Turn>> = db.query_row(sql, [version], |row| json(row, 0)).optional()?.flatten();
    let mut planned = planned.unwrap_or_default();
    planned.retain(|other| (other.part, other.statement) != (turn.part, turn.statement));
    planned.push(turn);
    planned.sort_by_key(|turn| (turn.part, turn.statement));
    let sql = "UPDATE main.dbwright_migrations SET planned = ?2 WHERE version = ?1";
    db.execute(sql, params![version, text(&planned)?]).map(drop)
}

fn numbers(place: &Place) -> (i64, i64) {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    (number(place.statement), number(place.step))
}

/// How far a step is; none when the journal does not know it.
///
/// # Errors
/// When the journal can't be read.
pub(crate) fn progress(db: &Connection, place: &Place) -> rusqlite::Result<Option<Progressed>> {
    let sql = "SELECT state FROM main.dbwright_steps WHERE version = ?1 AND part = ?2 AND statement = ?3 AND step = ?4 /* dbwright */";
    let (statement, step) = numbers(place);
    let word: Option<String> =
        db.query_row(sql, params![place.version, place.part.word(), statement, step], |row| row.get(0)).optional()?;
    Ok(word.as_deref().and_then(Progressed::of))
}

/// Marks a step, in the caller's transaction.
///
/// # Errors
/// When the file can't be written.
pub(crate) fn set(db: &Connection, place: &Place, state: Progressed) -> rusqlite::Result<()> {
    let more = match state {
        Progressed::Running | Progressed::Undoing => {
            format!(", attempts = attempts + 1, error = NULL, started_at = coalesce(started_at, {NOW})")
        }
        Progressed::Done | Progressed::Undone => format!(", error = NULL, finished_at = {NOW}"),
        Progressed::Planned => String::new(),
    };
    let sql = format!(
        "UPDATE main.dbwright_steps SET state = ?5{more} WHERE version = ?1 AND part = ?2 AND statement = ?3 AND step = ?4"
    );
    let (statement, step) = numbers(place);
    db.execute(&sql, params![place.version, place.part.word(), statement, step, state.word()]).map(drop)
}
