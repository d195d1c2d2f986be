//! A statement, tried in the database in memory: what SQLite says of it there, where tables hold no rows, and what it would say
//! where they do.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::line::Line;
use super::scene::Keys;
use super::world::{Table, World};
use crate::migrate::edit;
use crate::migrate::parse::{Act, Action, Clause, Column, Kind, PartKind};
use crate::migrate::rebuild::Rebuild;
use crate::migrate::schema::{TableState, before_transaction, said};
use crate::observe::quoted;

/// What came of trying a statement.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    /// Why SQLite refuses it, in its own words; none too where it only misses what nobody knows of.
    pub(crate) refusal: Option<String>,
    /// What becomes of the clauses of `ALTER TABLE`.
    pub(crate) clauses: Vec<Outcome>,
    /// What SQLite says of foreign keys of the table that can't be enforced.
    pub(crate) mismatch: Option<String>,
    /// The view or trigger that does not work afterwards and did before, in SQLite's words.
    pub(crate) broken: Option<String>,
    /// The first string in double quotes.
    pub(crate) double_quoted: Option<String>,
}

/// What becomes of a clause of `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// SQLite does it by itself.
    Native,
    /// dbwright does it by making the table anew, because SQLite refuses it with these words.
    Rebuild(String),
    /// Nothing does it: SQLite's words.
    Refused(String),
}

/// Tries a statement.
pub(super) fn tried(world: &World, line: &Line, table: Option<&Table>, (as_is, keys): (bool, Keys)) -> Trial {
    let db = &world.scratch.db;
    let mut trial = Trial::default();
    if db.execute_batch("SAVEPOINT trial").is_err() {
        return trial;
    }
    let result = match &line.act {
        Act::Alter { clauses, .. } if !clauses.is_empty() => {
            if let Some(table) = table {
                stand_in(db, table, clauses);
                trial.clauses =
                    if as_is { plainly(db, line, (table, keys), clauses) } else { one_by_one(db, table, clauses) };
            }
            let refused = trial.clauses.iter().find_map(|outcome| match outcome {
                Outcome::Refused(message) => Some(message.clone()),
                _ => None,
            });
            refused.map_or(Ok(()), Err)
        }
        Act::Alter { .. } | Act::Drop { .. } => run(db, &line.sql),
        Act::Create { kind, .. } => run(db, &as_made(*kind, &line.sql)),
        Act::Pragma { .. } | Act::Transaction { .. } | Act::Vacuum { .. } | Act::Attach => Ok(()),
        _ => db.prepare(&line.sql).map(drop).map_err(|error| said(&error)),
    };
    if result.is_ok() {
        trial.mismatch = mismatch(db, line);
        trial.broken = broken(world, line);
    }
    let _ = db.execute_batch("ROLLBACK TO trial; RELEASE trial");
    // What was broken before is no fault of this statement.
    trial.broken = trial.broken.filter(|message| world.scratch.broken().as_ref() != Some(message));
    world.restore();
    trial.refusal = result.err().filter(|message| counts(world, line, message));
    trial.double_quoted = double_quoted(db, line);
    trial
}

/// What SQLite says of a foreign key that means no unique columns; it says so only when rows are written.
fn mismatch(db: &Connection, line: &Line) -> Option<String> {
    let (Act::Create { kind: Kind::Table, name, .. } | Act::Alter { table: name, .. }) = &line.act else { return None };
    let check = format!("PRAGMA foreign_key_check({})", quoted(name));
    run(db, &check).err().filter(|message| message.contains("mismatch"))
}

/// The view or trigger that does not work now; without a target those are left out that name a table of which there is no word.
fn broken(world: &World, line: &Line) -> Option<String> {
    let concerned = match &line.act {
        Act::Create { kind, .. } => matches!(kind, Kind::View | Kind::Trigger),
        Act::Drop { kind, .. } => matches!(kind, Kind::Table | Kind::View),
        Act::Alter { .. } => world.legacy,
        _ => false,
    };
    let message = concerned.then(|| world.scratch.broken()).flatten()?;
    let dropped = matches!(&line.act, Act::Drop { name, .. } if message.to_lowercase().ends_with(&name.to_lowercase()));
    (dropped || counts(world, line, &message) && (world.known || !message.contains("no such table"))).then_some(message)
}

/// A statement as it can be tried: `CREATE TABLE … AS SELECT` without the work of the query.
pub(super) fn as_made(kind: Kind, sql: &str) -> String {
    let query = if kind == Kind::Table { super::effect::query_of(sql) } else { None };
    match query {
        Some(at) => format!("{} SELECT * FROM ({}) LIMIT 0", &sql[..at], &sql[at..]),
        None => sql.to_owned(),
    }
}

fn run(db: &Connection, sql: &str) -> Result<(), String> {
    db.execute_batch(sql).map_err(|error| said(&error))
}

/// Makes a table of which nothing is known, so that SQLite can judge the rest of the statement.
fn stand_in(db: &Connection, table: &Table, clauses: &[Clause]) {
    if table.state.is_some() {
        return;
    }
    let mut columns = vec!["dbwright_unknown".to_owned()];
    for clause in clauses.iter().filter(|clause| !matches!(clause.action, Action::AddColumn { .. })) {
        let Some(named) = clause.action.column() else { continue };
        if !columns.iter().any(|known| known.eq_ignore_ascii_case(named)) {
            columns.push(named.to_owned());
        }
    }
    let columns: Vec<_> = columns.iter().map(|column| quoted(column)).collect();
    let _ = db.execute_batch(&format!("CREATE TABLE {} ({})", quoted(&table.name), columns.join(", ")));
}

/// The whole statement as SQLite has it, for another tool.
fn plainly(db: &Connection, line: &Line, (table, keys): (&Table, Keys), clauses: &[Clause]) -> Vec<Outcome> {
    let outcome = match run(db, &line.sql) {
        Err(message) => Outcome::Refused(message),
        Ok(()) => {
            clauses.iter().find_map(|clause| with_rows(table, keys, clause)).map_or(Outcome::Native, Outcome::Refused)
        }
    };
    vec![outcome; clauses.len()]
}

/// Clause by clause, as dbwright does it.
fn one_by_one(db: &Connection, table: &Table, clauses: &[Clause]) -> Vec<Outcome> {
    let mut name = table.name.clone();
    let mut outcomes = Vec::new();
    for clause in clauses {
        outcomes.push(one(db, table, &mut name, clause));
    }
    outcomes
}

fn one(db: &Connection, table: &Table, name: &mut String, clause: &Clause) -> Outcome {
    let placed = matches!(&clause.action, Action::AddColumn { place: Some(_), .. });
    let refused = match with_rows(table, Keys::On, clause) {
        Some(message) if message.contains("NOT NULL") => return Outcome::Refused(message),
        Some(message) => Some(message),
        None if placed => Some("it adds columns at the end only".to_owned()),
        None => run(db, &format!("ALTER TABLE {} {}", quoted(name), clause.text)).err(),
    };
    let Some(message) = refused else {
        if let Action::RenameTo { to } = &clause.action {
            name.clone_from(to);
        }
        return Outcome::Native;
    };
    if matches!(clause.action, Action::RenameColumn { .. } | Action::RenameTo { .. }) {
        return Outcome::Refused(message);
    }
    // Of a table of which nothing is known only its shape is missing for a rebuild.
    if table.state.is_none() {
        return Outcome::Rebuild(message);
    }
    match rebuilt(db, name, &clause.action) {
        Ok(()) => Outcome::Rebuild(message),
        Err(reason) => Outcome::Refused(reason),
    }
}

/// Makes a table anew with one change.
///
/// # Errors
/// Why it can't be done.
pub(super) fn rebuilt(db: &Connection, name: &str, action: &Action) -> Result<(), String> {
    let state = TableState::read(db, name).map_err(|error| said(&error))?;
    let state = state.ok_or_else(|| format!("no such table: {name}"))?;
    for sql in rebuild_of(&state, action)?.iter().filter(|sql| !before_transaction(sql)) {
        run(db, sql)?;
    }
    Ok(())
}

/// The statements that make a table anew with one change.
///
/// # Errors
/// Why it can't be done.
pub(crate) fn rebuild_of(state: &TableState, action: &Action) -> Result<Vec<String>, String> {
    let edit = edit::edit(&state.name, &state.text, &[action])?;
    let gone = |sql: &str| {
        edit.dropped.iter().any(|column| edit::mentions(sql.split_once('(').map_or("", |(_, keys)| keys), column))
    };
    let indexes = state.indexes.iter().map(|(_, sql)| sql).filter(|sql| !gone(sql));
    let after = indexes.chain(state.triggers.iter().map(|(_, sql)| sql)).cloned().collect();
    let rebuild =
        Rebuild { from: state, to: &edit.table, using: &edit.using, keep: None, restore: None, after, statistics: &[] };
    Ok(rebuild.statements())
}

/// What SQLite says only where the table holds rows, which none does here.
fn with_rows(table: &Table, keys: Keys, clause: &Clause) -> Option<String> {
    let Action::AddColumn { column, definition, .. } = &clause.action else { return None };
    if table.quiet() {
        return None;
    }
    needs_values(column, definition, keys).map(str::to_owned)
}

/// Why a column can't be added to rows that are there, in SQLite's words.
fn needs_values(column: &Column, definition: &str, keys: Keys) -> Option<&'static str> {
    let default = column.of(|kind| kind == PartKind::Default).next();
    let default = default.map(|part| definition[part.expression.clone()].trim().to_ascii_lowercase());
    let empty = default.as_deref().is_none_or(|default| default == "null");
    if column.has(PartKind::NotNull) && empty && !column.generated() {
        return Some("Cannot add a NOT NULL column with default value NULL");
    }
    if default.as_deref().is_some_and(|default| default.starts_with('(') || default.starts_with("current_")) {
        return Some("Cannot add a column with non-constant default");
    }
    if column.has(PartKind::Generated { stored: true }) {
        return Some("cannot add a STORED column");
    }
    if keys != Keys::Off && column.has(PartKind::References) && !empty {
        return Some("Cannot add a REFERENCES column with non-NULL default value");
    }
    None
}

/// Whether a refusal says something of the statement, rather than of what nobody knows: tables of which there is no word, what
/// the application's own library has, other files.
fn counts(world: &World, line: &Line, message: &str) -> bool {
    let lower = message.to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    let foreign = ["no such module", "no such function", "unknown function", "no such collation", "unknown database"];
    if begins(&foreign) || lower.contains("sqlite_") || lower.contains("not authorized") {
        return false;
    }
    if world.scratch.missing.keys().any(|name| lower.contains(name.as_str())) {
        return false;
    }
    let known =
        world.known || line.table().is_some_and(|name| world.complete(name)) && !lower.contains("no such table");
    let vague = begins(&["no such table", "no such index", "no such view", "no such trigger", "no such column"]);
    // `schema.table` of a file that is attached.
    let elsewhere = lower.starts_with("no such table") && lower.contains('.');
    (known || !vague) && !elsewhere
}

/// The first string that stands in double quotes, which SQLite takes for a name first and for a string when there is no such
/// name.
fn double_quoted(db: &Connection, line: &Line) -> Option<String> {
    if !line.sql.contains('"') || matches!(line.act, Act::Pragma { .. } | Act::Alter { .. }) {
        return None;
    }
    let quotes = |allowed: bool| {
        let set = |which| db.set_db_config(which, allowed);
        set(DbConfig::SQLITE_DBCONFIG_DQS_DML).and_then(|_| set(DbConfig::SQLITE_DBCONFIG_DQS_DDL)).is_ok()
    };
    db.prepare(&line.sql).ok()?;
    let error = quotes(false).then(|| db.prepare(&line.sql).map(drop).err()).flatten();
    quotes(true);
    let message = said(&error?);
    let at = message.strip_prefix("no such column: \"")?;
    Some(at.split('"').next().unwrap_or_default().to_owned())
}
