//! Plans statements: as they are where SQLite does them by itself, else as a rebuild of the table.
//!
//! Every statement is tried in a database in memory with the same schema, which then shows what the next one will find.
//! What only rows can tell (is the table empty, how many are there) is read from the target.

use std::collections::{BTreeMap, BTreeSet};

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held, Lock, Planned, Require, Work};
use dbwright_migrate::{Phase, Statement, Step};
use rusqlite::{Connection, OptionalExtension as _};

use super::alter;
use super::parse::{Act, Action, Kind, act};
use super::rebuild::KEYS_OFF;
use super::schema::{Scratch, main_name, said};
use crate::observe::quoted;

/// Plans the statements of one migration, in order.
pub(super) struct Planner<'a> {
    pub(super) live: &'a Connection,
    pub(super) scratch: Scratch,
    /// Names of tables in the target, by their names in the scratch database, where they differ.
    pub(super) renamed: BTreeMap<String, String>,
    /// Tables that the migration itself makes, in lower case.
    pub(super) made: BTreeSet<String>,
    /// Tables whose rows statements before this one will have changed, in lower case: nobody knows yet how.
    pub(super) touched: BTreeSet<String>,
    /// Names that later statements of the migration give to tables, in lower case.
    pub(super) coming: BTreeSet<String>,
    /// What is asked of foreign keys once a dropped table's name is there again.
    pub(super) owed: Vec<Require>,
    /// Names of columns in the target, by table and column in the scratch database, in lower case, where they differ.
    pub(super) columns: BTreeMap<(String, String), String>,
    /// Whether the migration has switched foreign keys off.
    pub(super) keys_off: bool,
    /// Whether the migration has begun a transaction, in which SQLite leaves that switch alone.
    in_transaction: bool,
    /// How others are locked: `EXCLUSIVE` keeps readers out too, `RESERVED` only writers.
    pub(super) mode: &'static str,
}

/// What becomes of a statement, before it is written down as a plan.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) method: &'static str,
    pub(super) title: String,
    pub(super) forward: Vec<String>,
    pub(super) back: Back,
    pub(super) require: Vec<Require>,
    /// What removes the old for good.
    pub(super) contract: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) table: Option<String>,
    pub(super) held: Held,
    /// How long it will hold the lock, in ms.
    pub(super) estimate_ms: Option<f64>,
    /// Outside a transaction: the statement, and how to see that it is done.
    pub(super) alone: Option<(String, String)>,
}

/// How long a write lock may be held without asking: applications wait five seconds at most where they wait at all
/// (the busy timeout of most drivers), and a second is what the promise of this tool is.
pub(super) const LONG_MS: f64 = 1_000.0;

impl<'a> Planner<'a> {
    /// A planner for the target that `live` is connected to.
    ///
    /// # Errors
    /// When its schema can't be read.
    pub(super) fn new(live: &'a Connection) -> rusqlite::Result<Self> {
        let mode: String = live.query_row("PRAGMA main.journal_mode", [], |row| row.get(0))?;
        let mode = if mode.eq_ignore_ascii_case("wal") { "RESERVED" } else { "EXCLUSIVE" };
        let scratch = Scratch::of(live)?;
        Ok(Self {
            live,
            scratch,
            renamed: BTreeMap::new(),
            made: BTreeSet::new(),
            touched: BTreeSet::new(),
            coming: BTreeSet::new(),
            owed: Vec::new(),
            columns: BTreeMap::new(),
            keys_off: false,
            in_transaction: false,
            mode,
        })
    }

    /// Takes notice of a statement of the same migration that is done already.
    pub(super) fn passed(&mut self, sql: &str) {
        match act(sql) {
            Act::Create { kind: Kind::Table, name, .. } => {
                self.made.insert(name.to_lowercase());
            }
            Act::Pragma { name, value: Some(value) } if name == "foreign_keys" && !self.in_transaction => {
                self.keys_off = is_off(&value);
            }
            Act::Transaction { word } => self.in_transaction = word == "begin",
            _ => {}
        }
    }

    /// What follows belongs to another migration.
    pub(super) fn next_migration(&mut self) {
        self.made.clear();
        self.owed.clear();
        self.keys_off = false;
        self.in_transaction = false;
    }

    /// Takes notice of the statements that follow in the same migration.
    pub(super) fn foresee<'s>(&mut self, statements: impl Iterator<Item = &'s str>) {
        self.coming.clear();
        for sql in statements {
            match act(sql) {
                Act::Create { kind: Kind::Table, name, .. } => {
                    self.coming.insert(name.to_lowercase());
                }
                Act::Alter { clauses, .. } => {
                    let given = clauses.into_iter().filter_map(|clause| match clause.action {
                        Action::RenameTo { to } => Some(to.to_lowercase()),
                        _ => None,
                    });
                    self.coming.extend(given);
                }
                _ => {}
            }
        }
    }

    /// Takes notice of what steps that are done have left to be asked.
    pub(super) fn owe<'s>(&mut self, steps: impl Iterator<Item = &'s Step>) {
        for step in steps {
            if let Work::Transaction { require, .. } = &step.work {
                self.owed.extend(require.iter().filter(|one| one.query.contains(UNLESS_GONE)).cloned());
            }
        }
    }

    /// What is owed to a name that a table gets now; `from` is the name that it had.
    pub(super) fn owed_to(&self, name: &str, from: &str) -> Vec<Require> {
        let (to, own) = (unless_gone(name), broken_rows(from));
        self.owed.iter().filter(|one| one.query.ends_with(&to) && !one.query.contains(&own)).cloned().collect()
    }

    /// Plans one statement.
    ///
    /// # Errors
    /// When SQLite rejects it, or it can't be done to what is there.
    pub(super) fn plan(&mut self, statement: &Statement) -> Result<Planned, Failure> {
        let done = self.done(&statement.sql).map_err(|failure| at(failure, statement))?;
        let blocking = done.estimate_ms.filter(|ms| *ms > LONG_MS && done.held == Held::Rewrite);
        let lock = Lock {
            mode: if done.forward.is_empty() && done.alone.is_none() { String::new() } else { self.mode.to_owned() },
            objects: done.table.iter().map(|table| dbwright_sql::Dialect::Sqlite.subject(&["main", table])).collect(),
            held: done.held,
        };
        let work = match done.alone {
            Some((statement, done)) => Work::Alone { statement, done, clear: Vec::new() },
            None => Work::Transaction { statements: done.forward.clone(), require: done.require },
        };
        let nothing = matches!(&work, Work::Transaction { statements, .. } if statements.is_empty());
        let mut steps = Vec::new();
        if !nothing {
            let step = Step {
                title: done.title,
                phase: Phase::Switch,
                work,
                back: done.back,
                lock: lock.clone(),
                estimate_ms: done.estimate_ms,
            };
            steps.push(step);
        }
        if !done.contract.is_empty() {
            let work = Work::Transaction { statements: done.contract, require: Vec::new() };
            steps.push(Step {
                title: "forget the old values, which were kept so that the change can be undone".to_owned(),
                phase: Phase::Contract,
                work,
                back: Back::impossible("the old values are gone"),
                lock: Lock { held: Held::Moment, ..lock },
                estimate_ms: None,
            });
        }
        Ok(Planned {
            statement: statement.sql.clone(),
            line: statement.line,
            method: done.method.to_owned(),
            steps,
            notes: done.notes,
            blocking: blocking.map(|ms| dbwright_migrate::plan::Blocking {
                reason:
                    "SQLite changes this only by writing the table anew, and whoever writes to the file waits meanwhile"
                        .to_owned(),
                expected_ms: Some(ms),
            }),
            later: None,
        })
    }

    fn done(&mut self, sql: &str) -> Result<Done, Failure> {
        let plain = Done { method: "as-is", title: title(sql), forward: vec![sql.to_owned()], ..Done::default() };
        match act(sql) {
            Act::Alter { table, if_exists, clauses } => alter::plan(self, sql, &table, if_exists, &clauses),
            Act::Create { kind, name, on, if_not_exists, temporary, .. } => {
                self.create(plain, sql, kind, &name, on, if_not_exists, temporary)
            }
            Act::Drop { kind, name, if_exists } => self.dropped(plain, sql, kind, &name, if_exists),
            Act::Insert { table } | Act::Update { table, .. } | Act::Delete { table, .. } => {
                self.rows(plain, sql, table)
            }
            Act::Pragma { name, value } => self.pragma(plain, sql, &name, value),
            Act::Transaction { word } => {
                self.in_transaction = word == "begin";
                transaction(plain, &word)
            }
            Act::Vacuum { .. } => {
                Ok(Done { alone: Some((sql.to_owned(), "SELECT 0".to_owned())), held: Held::Rewrite, ..plain })
            }
            Act::Attach => {
                Err(Failure::usage("migrate.other-file", "a migration changes one file, and can't attach another")
                    .hint("write a migration for each file"))
            }
            Act::Query => {
                self.prepare(sql)?;
                Ok(plain)
            }
            Act::Upkeep => Ok(Done { held: Held::Scan, ..plain }),
            Act::Other => {
                self.attempt(&[sql.to_owned()])?;
                Ok(Done { back: Back::impossible("dbwright does not know what undoes it"), ..plain })
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one statement")]
    fn create(
        &mut self,
        plain: Done,
        sql: &str,
        kind: Kind,
        name: &str,
        on: Option<String>,
        if_not_exists: bool,
        temporary: bool,
    ) -> Result<Done, Failure> {
        let word = kind.word().to_lowercase();
        if temporary {
            return Err(Failure::usage(
                "migrate.temporary",
                format!(
                    "{name} would be temporary: gone when the connection ends, which may be before the next statement"
                ),
            )
            .hint("make a table, and drop it at the end of the migration"));
        }
        if if_not_exists && self.scratch.has(&word, name) {
            let note = format!("there is a {word} {name} already, so nothing is done");
            return Ok(Done { forward: Vec::new(), notes: vec![note], ..plain });
        }
        self.attempt(&[sql.to_owned()])?;
        let back = Back::by([format!("DROP {} IF EXISTS {}", kind.word(), quoted(name))]);
        if matches!(kind, Kind::Table | Kind::Virtual) {
            self.made.insert(name.to_lowercase());
        }
        let (table, estimate_ms) = match (kind, on) {
            (Kind::Index, Some(on)) => (Some(on.clone()), self.rows_of(&on).map(|rows| rows * INDEX_MS_A_ROW)),
            (Kind::Table | Kind::Virtual, _) => (Some(name.to_owned()), None),
            (_, on) => (on, None),
        };
        let held = if kind == Kind::Index { Held::Scan } else { Held::Moment };
        Ok(Done { back, table, held, estimate_ms, ..plain })
    }

    fn dropped(&mut self, plain: Done, sql: &str, kind: Kind, name: &str, if_exists: bool) -> Result<Done, Failure> {
        let word = kind.word().to_lowercase();
        if if_exists && !self.scratch.has(&word, name) {
            let note = format!("there is no {word} {name}, so nothing is done");
            return Ok(Done { forward: Vec::new(), notes: vec![note], ..plain });
        }
        if kind == Kind::Table {
            return self.drop_table(plain, sql, name);
        }
        let mut again: Vec<_> = self.scratch.sql_of(&word, name).into_iter().collect();
        if kind == Kind::View {
            // The view's own triggers go with it.
            let own = "SELECT sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE nocase ORDER BY rowid";
            let rows = self
                .scratch
                .db
                .prepare(own)
                .and_then(|mut s| s.query_map([name], |row| row.get(0))?.collect::<Result<Vec<String>, _>>());
            again.extend(rows.unwrap_or_default());
        }
        self.attempt(&[sql.to_owned()])?;
        let back = if again.is_empty() { Back::impossible("its definition is not known") } else { Back::by(again) };
        Ok(Done { back, ..plain })
    }

    fn rows(&mut self, plain: Done, sql: &str, table: String) -> Result<Done, Failure> {
        self.prepare(sql)?;
        let made = self.made.contains(&table.to_lowercase());
        // What it writes to a table that the migration makes goes with that table.
        let back = if made {
            Back::nothing()
        } else {
            Back::impossible(format!("what it did to rows of {table} is not kept"))
        };
        let mut forward = plain.forward.clone();
        if self.keys_off {
            forward.insert(0, KEYS_OFF.to_owned());
        }
        self.touched.insert(table.to_lowercase());
        let estimate_ms = if made { None } else { self.rows_of(&table).map(|rows| rows * COPY_MS_A_ROW) };
        Ok(Done { forward, back, table: Some(table), held: Held::Rewrite, estimate_ms, ..plain })
    }

    fn pragma(&mut self, plain: Done, sql: &str, name: &str, value: Option<String>) -> Result<Done, Failure> {
        let nothing = |note: String| Done {
            forward: Vec::new(),
            notes: vec![note],
            ..Done { method: "as-is", ..Done::default() }
        };
        let Some(value) = value else {
            return Ok(nothing(format!("PRAGMA {name} only reads, so nothing is done")));
        };
        match name {
            "foreign_keys" if self.in_transaction => {
                Ok(nothing("PRAGMA foreign_keys does nothing between BEGIN and COMMIT, here as in SQLite".to_owned()))
            }
            "foreign_keys" => {
                self.keys_off = is_off(&value);
                let how = if self.keys_off { "without" } else { "with" };
                Ok(nothing(format!("the statements after it run {how} the enforcement of foreign keys")))
            }
            "defer_foreign_keys" | "legacy_alter_table" | "busy_timeout" | "synchronous" | "cache_size"
            | "temp_store" | "locking_mode" | "wal_autocheckpoint" | "recursive_triggers" => Ok(nothing(format!(
                "PRAGMA {name} lasts no longer than a connection, and each step has its own settings"
            ))),
            "foreign_key_check" | "integrity_check" | "quick_check" => {
                Ok(nothing(format!("PRAGMA {name} only reads; dbwright checks foreign keys by itself")))
            }
            "writable_schema" => Err(Failure::usage(
                "migrate.writable-schema",
                "writing to the schema past SQLite can leave a file that nobody can open",
            )
            .hint(
                "say with ALTER TABLE what the table should be; dbwright makes it anew where SQLite can't change it",
            )),
            "user_version" | "application_id" => {
                let old: i64 =
                    self.live.query_row(&format!("PRAGMA main.{name}"), [], |row| row.get(0)).map_err(unreadable)?;
                Ok(Done { back: Back::by([format!("PRAGMA main.{name} = {old}")]), ..plain })
            }
            _ => {
                let old: Option<String> = self
                    .live
                    .query_row(&format!("PRAGMA main.{name}"), [], |row| row.get::<_, rusqlite::types::Value>(0))
                    .optional()
                    .ok()
                    .flatten()
                    .map(|value| match value {
                        rusqlite::types::Value::Integer(n) => n.to_string(),
                        rusqlite::types::Value::Text(text) => text,
                        _ => String::new(),
                    });
                let back = old.map_or_else(Back::nothing, |old| Back::alone([format!("PRAGMA main.{name} = {old}")]));
                Ok(Done { back, alone: Some((sql.to_owned(), "SELECT 0".to_owned())), ..plain })
            }
        }
    }

    /// Tries statements in the scratch database, which has what they make afterwards.
    ///
    /// # Errors
    /// When SQLite rejects one.
    pub(super) fn attempt(&self, statements: &[String]) -> Result<(), Failure> {
        self.scratch.attempt(statements).or_else(|error| self.rejected(&error))
    }

    fn prepare(&self, sql: &str) -> Result<(), Failure> {
        self.scratch.db.prepare(sql).map(|_| ()).or_else(|error| self.rejected(&error))
    }

    /// SQLite's complaint, unless it is about something that only the application's own library can have.
    pub(super) fn rejected(&self, error: &rusqlite::Error) -> Result<(), Failure> {
        let message = said(error);
        let lower = message.to_lowercase();
        if self.scratch.missing.keys().any(|name| lower.contains(name.as_str())) {
            return Ok(());
        }
        Err(rejection(&message, error))
    }

    /// The name of a table in the target.
    pub(super) fn live_name<'b>(&'b self, table: &'b str) -> &'b str {
        self.renamed.get(&table.to_lowercase()).map_or(table, String::as_str)
    }

    /// The name of a column in the target.
    pub(super) fn live_column(&self, table: &str, column: &str) -> String {
        let key = (self.live_name(table).to_lowercase(), column.to_lowercase());
        self.columns.get(&key).map_or(column, String::as_str).to_owned()
    }

    /// Whether a table has rows in the target.
    pub(super) fn has_rows(&self, table: &str) -> bool {
        let sql = format!("SELECT 1 FROM {} LIMIT 1 /* dbwright */", main_name(self.live_name(table)));
        self.live.query_row(&sql, [], |_| Ok(())).optional().ok().flatten().is_some()
    }

    /// About how many rows a table has: counted up to a bound, then by the range of its keys.
    pub(super) fn rows_of(&self, table: &str) -> Option<f64> {
        const COUNTED: i64 = 100_000;
        let name = main_name(self.live_name(table));
        let first = |sql: String| self.live.query_row(&sql, [], |row| row.get::<_, Option<i64>>(0)).ok().flatten();
        let counted = first(format!("SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT {COUNTED}) /* dbwright */"))?;
        if counted < COUNTED {
            return Some(counted as f64);
        }
        let range = first(format!(
            "SELECT (SELECT max(rowid) FROM {name}) - (SELECT min(rowid) FROM {name}) + 1 /* dbwright */"
        ));
        Some(range.unwrap_or(counted).max(counted) as f64)
    }

    /// Questions that no rows of a table, or of those that refer to it, may break a foreign key after the change that
    /// did not break it before.
    pub(super) fn keys_of(&self, table: &str) -> Vec<Require> {
        let mut all = self.keys_of_children(table);
        all.extend(self.key_check(table));
        all
    }

    pub(super) fn keys_of_children(&self, table: &str) -> Vec<Require> {
        let sql = "SELECT DISTINCT s.name FROM main.sqlite_schema AS s JOIN pragma_foreign_key_list(s.name) AS f \
                   WHERE s.type = 'table' AND lower(f.\"table\") = lower(?1) AND lower(s.name) <> lower(?1) ORDER BY 1";
        let names = self
            .scratch
            .db
            .prepare(sql)
            .and_then(|mut s| s.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>());
        names.unwrap_or_default().iter().filter_map(|child| self.key_check(child)).collect()
    }

    fn key_check(&self, table: &str) -> Option<Require> {
        let broken = |name: &str| format!("SELECT count(*) {}", broken_rows(name));
        let own = "SELECT count(*) FROM pragma_foreign_key_list(?1)";
        let own: i64 = self.scratch.db.query_row(own, [table], |row| row.get(0)).ok()?;
        if own == 0 {
            return None;
        }
        // Keys that can't be checked now (no unique index on the other side) can't be afterwards either.
        let now: i64 = match self.live.query_row(&broken(self.live_name(table)), [], |row| row.get(0)) {
            Ok(now) => now,
            Err(_) => return None,
        };
        Some(Require {
            query: format!("SELECT ({}) <= {now}", broken(table)),
            or: format!("rows of {table} would refer to rows that are not there"),
        })
    }

    /// Tables with planner statistics.
    pub(super) fn statistics(&self) -> Vec<&'static str> {
        ["sqlite_stat1", "sqlite_stat4"].into_iter().filter(|name| self.scratch.has("table", name)).collect()
    }
}

/// ms to copy a row, drop the old one and commit, to put one into an index, and to look at one. Measured with a million rows
/// of 130 bytes on two busy cores of a virtual machine: 4.1 s, 1.3 s for each index, 0.2 s. Only the order of magnitude is meant.
pub(super) const COPY_MS_A_ROW: f64 = 0.004;
pub(super) const INDEX_MS_A_ROW: f64 = 0.0013;
pub(super) const SCAN_MS_A_ROW: f64 = 0.0002;

/// The beginning of what lets a question pass while a table is not there.
const UNLESS_GONE: &str = " OR NOT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE lower(name) = ";

/// Lets a question pass while a table is not there, because a later statement gives its name to another.
pub(super) fn unless_gone(name: &str) -> String {
    format!("{UNLESS_GONE}{})", dbwright_sql::Dialect::Sqlite.literal(&name.to_lowercase()))
}

/// Rows of a table that refer to rows which are not there.
pub(super) fn broken_rows(table: &str) -> String {
    format!("FROM pragma_foreign_key_check({})", dbwright_sql::Dialect::Sqlite.literal(table))
}

/// A rename that touches nothing but the table: with foreign keys enforced, those that refer to it would be written anew.
pub(super) fn renamed(from: &str, to: &str) -> Vec<String> {
    vec![
        KEYS_OFF.to_owned(),
        "PRAGMA legacy_alter_table = ON".to_owned(),
        format!("ALTER TABLE {} RENAME TO {}", quoted(from), quoted(to)),
        "PRAGMA legacy_alter_table = OFF".to_owned(),
    ]
}

fn transaction(plain: Done, word: &str) -> Result<Done, Failure> {
    if !matches!(word, "begin" | "commit" | "end") {
        return Err(Failure::usage("migrate.transaction", format!("a migration can't hold {}", word.to_uppercase()))
            .hint("leave it out: each statement is carried out wholly or not at all, and `dbwright migrate undo` goes back"));
    }
    let note = "each statement has a transaction of its own, together with its mark in the journal".to_owned();
    Ok(Done { forward: Vec::new(), notes: vec![note], ..plain })
}

fn is_off(value: &str) -> bool {
    matches!(value, "off" | "0" | "false" | "no")
}

/// A statement on one line, cut to what a title may be.
pub(super) fn title(sql: &str) -> String {
    let line = dbwright_core::target::redact_sql(&sql.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().count() <= 80 { line } else { format!("{}…", line.chars().take(79).collect::<String>()) }
}

/// SQLite can't read the schema.
pub(super) fn unreadable(error: rusqlite::Error) -> Failure {
    crate::error::Error::sqlite("the schema can't be read")(error).into()
}

/// SQLite rejects a statement.
pub(super) fn rejection(message: &str, error: &rusqlite::Error) -> Failure {
    let mut failure = Failure::usage("migrate.rejected", format!("SQLite rejects the statement: {message}"));
    if let rusqlite::Error::SqlInputError { sql, offset, .. } = error
        && let Ok(offset) = usize::try_from(*offset)
    {
        let line = sql.get(..offset).map_or(0, |before| before.rfind('\n').map_or(0, |at| at + 1));
        let text = sql[line..].lines().next().unwrap_or_default();
        let caret = " ".repeat(sql.get(line..offset).map_or(0, |before| before.chars().count()));
        failure = failure.excerpt(format!("  | {text}\n  | {caret}^"));
    }
    failure
}

/// Says which statement of the file a failure is about.
fn at(mut failure: Failure, statement: &Statement) -> Failure {
    failure.message = format!("line {}: {}", statement.line, failure.message);
    failure
}
