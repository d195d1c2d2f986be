//! What `sqlite_schema` says of a database, and a database in memory with the same schema and no rows: there a
//! statement is tried before anybody plans with it, because SQLite itself is the best judge of what it accepts.

use std::collections::HashMap;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OptionalExtension as _};

use super::parse::{Cursor, PartKind, TableText, unquoted};
use crate::observe::quoted;

/// An object of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// `table`, `index`, `view` or `trigger`.
    pub(super) kind: String,
    /// Name.
    pub(super) name: String,
    /// The table that it belongs to.
    pub(super) table: String,
    /// Its statement; none for indexes that SQLite makes by itself.
    pub(super) sql: Option<String>,
}

impl Object {
    /// Whether a module keeps its rows, in tables of its own.
    fn is_virtual(&self) -> bool {
        self.sql.as_deref().is_some_and(|sql| Cursor::new(sql).ahead(1).eq_ignore_ascii_case("virtual"))
    }
}

/// All objects, in the order in which they were made.
///
/// # Errors
/// When the schema can't be read.
pub(super) fn objects(db: &Connection) -> rusqlite::Result<Vec<Object>> {
    let mut statement =
        db.prepare("SELECT type, name, tbl_name, sql FROM main.sqlite_schema ORDER BY rowid /* dbwright */")?;
    let rows = statement.query_map([], |row| {
        Ok(Object { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)?, sql: row.get(3)? })
    })?;
    rows.collect()
}

/// The schema in a form that does not depend on how its text is written: quotes, case of words, spaces.
pub(super) fn normal(db: &Connection) -> rusqlite::Result<Vec<(String, String, String)>> {
    let of =
        |object: Object| (object.kind, object.name.to_lowercase(), normal_sql(object.sql.as_deref().unwrap_or("")));
    let mut all: Vec<_> = objects(db)?.into_iter().filter(|o| !o.name.starts_with("sqlite_")).map(of).collect();
    all.sort();
    Ok(all)
}

/// A statement without what makes no difference.
pub(super) fn normal_sql(sql: &str) -> String {
    let mut cursor = Cursor::new(sql);
    let mut words = Vec::new();
    while !cursor.done() {
        let word = cursor.peek();
        let plain = if word.starts_with('\'') { word.to_owned() } else { unquoted(word).to_lowercase() };
        words.push(plain);
        cursor.skip();
    }
    words.join(" ")
}

/// What must be kept of a table when it is made anew.
#[derive(Debug, Clone)]
pub(crate) struct TableState {
    /// Its name as it was declared.
    pub(super) name: String,
    /// Its text.
    pub(super) text: TableText,
    /// The statements of its indexes and triggers, with their names.
    pub(super) indexes: Vec<(String, String)>,
    /// Triggers.
    pub(super) triggers: Vec<(String, String)>,
}

impl TableState {
    /// Reads a table; none when there is no such table, or it is not one of plain rows.
    ///
    /// # Errors
    /// When the schema can't be read.
    pub(super) fn read(db: &Connection, name: &str) -> rusqlite::Result<Option<Self>> {
        let all = objects(db)?;
        let own = |kind: &str| -> Vec<(String, String)> {
            let own = all.iter().filter(|o| o.kind == kind && o.table.eq_ignore_ascii_case(name));
            own.filter_map(|o| Some((o.name.clone(), o.sql.clone()?))).collect()
        };
        let table = all.iter().find(|o| o.kind == "table" && o.name.eq_ignore_ascii_case(name));
        let read = |object: &Object| {
            let sql = object.sql.as_deref()?;
            let text = TableText::read(sql).filter(|_| !Cursor::new(sql).ahead(1).eq_ignore_ascii_case("virtual"))?;
            Some(Self { name: object.name.clone(), text, indexes: own("index"), triggers: own("trigger") })
        };
        Ok(table.and_then(read))
    }

    /// Whether its rows have a rowid.
    pub(super) fn has_rowid(&self) -> bool {
        !self.text.has_option("rowid")
    }

    /// The column that is the rowid itself.
    pub(super) fn alias(&self) -> Option<String> {
        let [key] = self.text.primary_key().try_into().ok()?;
        let key: String = key;
        let (at, column) = self.text.column(&key)?;
        let text = &self.text.items[at].text;
        let integer = column.ty.as_ref().is_some_and(|ty| text[ty.clone()].trim().eq_ignore_ascii_case("integer"));
        let descending = column.of(|kind| matches!(kind, PartKind::PrimaryKey { .. })).next();
        let descending = descending.is_some_and(|part| text[part.range.clone()].to_lowercase().contains(" desc"));
        (self.has_rowid() && integer && !descending).then_some(column.name)
    }

    /// A name of the rowid that no column hides.
    pub(super) fn rowid(&self) -> Option<&'static str> {
        let hidden = |name: &&str| self.text.column(name).is_none();
        if self.has_rowid() { ["rowid", "_rowid_", "oid"].into_iter().find(hidden) } else { None }
    }

    /// Whether its keys are never given out twice.
    pub(super) fn autoincrement(&self) -> bool {
        self.text.columns().iter().any(|(_, column)| column.has(PartKind::PrimaryKey { autoincrement: true }))
            || self
                .text
                .constraints()
                .iter()
                .any(|(at, _)| super::edit::mentions(&self.text.items[*at].text, "autoincrement"))
    }
}

/// A database in memory with a schema and no rows.
#[derive(Debug)]
pub(super) struct Scratch {
    /// The connection.
    pub(super) db: Connection,
    /// Objects that could not be made in it, with SQLite's reason (a module or function of the application).
    pub(super) missing: HashMap<String, String>,
}

impl Scratch {
    /// Makes one with the schema of `from`.
    ///
    /// # Errors
    /// When the schema can't be read.
    pub(super) fn of(from: &Connection) -> rusqlite::Result<Self> {
        Self::with(&objects(from)?)
    }

    /// Makes one with these objects.
    ///
    /// # Errors
    /// When SQLite has no memory for it.
    pub(super) fn with(all: &[Object]) -> rusqlite::Result<Self> {
        let db = Connection::open_in_memory()?;
        db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        db.execute_batch("PRAGMA foreign_keys = OFF")?;
        let mut scratch = Self { db, missing: HashMap::new() };
        let tables: Vec<&Object> = all.iter().filter(|object| object.kind == "table").collect();
        // VACUUM puts what belongs to a virtual table before it, which then could not make it.
        let virtuals: Vec<&Object> = tables.iter().copied().filter(|object| object.is_virtual()).collect();
        let inner = |object: &Object| {
            virtuals.iter().any(|one| object.name.strip_prefix(&one.name).is_some_and(|rest| rest.starts_with('_')))
        };
        for late in [false, true] {
            let own = tables.iter().filter(|object| inner(object) == late);
            own.for_each(|object| scratch.make(object));
        }
        for kind in ["index", "view", "trigger"] {
            for object in all.iter().filter(|object| object.kind == kind) {
                scratch.make(object);
            }
        }
        Ok(scratch)
    }

    fn make(&mut self, object: &Object) {
        let Some(sql) = &object.sql else { return };
        if object.name.starts_with("sqlite_stat") {
            let _ = self.db.execute_batch("ANALYZE sqlite_schema");
        }
        // Shadow tables are made by their virtual table; the rest of SQLite's own appear with what needs them.
        if object.name.starts_with("sqlite_") || self.has(&object.kind, &object.name) {
            return;
        }
        if let Err(error) = self.db.execute_batch(sql) {
            self.missing.insert(object.name.to_lowercase(), said(&error));
        }
    }

    /// Whether there is such an object.
    pub(super) fn has(&self, kind: &str, name: &str) -> bool {
        let sql = "SELECT 1 FROM main.sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE nocase";
        self.db.query_row(sql, [kind, name], |_| Ok(())).optional().ok().flatten().is_some()
    }

    /// The statement of an object.
    pub(super) fn sql_of(&self, kind: &str, name: &str) -> Option<String> {
        let sql = "SELECT sql FROM main.sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE nocase";
        self.db.query_row(sql, [kind, name], |row| row.get(0)).optional().ok().flatten()
    }

    /// Carries statements out, all or none.
    ///
    /// # Errors
    /// What SQLite said.
    pub(super) fn attempt(&self, statements: &[String]) -> Result<(), rusqlite::Error> {
        self.db.execute_batch("SAVEPOINT attempt")?;
        let result =
            statements.iter().filter(|sql| !before_transaction(sql)).try_for_each(|sql| self.db.execute_batch(sql));
        if result.is_err() {
            self.db.execute_batch("ROLLBACK TO attempt; PRAGMA legacy_alter_table = OFF")?;
        }
        self.db.execute_batch("RELEASE attempt")?;
        result
    }

    /// What is broken in views and triggers, as SQLite tells it when it renames anything; none when all is well.
    pub(super) fn broken(&self) -> Option<String> {
        let probe = "SAVEPOINT probe; PRAGMA legacy_alter_table = OFF; CREATE TABLE dbwright_probe (a); ALTER TABLE dbwright_probe RENAME TO dbwright_probed";
        let result = self.db.execute_batch(probe);
        let _ = self.db.execute_batch("ROLLBACK TO probe; RELEASE probe");
        result.err().map(|error| said(&error))
    }
}

/// Whether a statement has no effect inside a transaction, so that it has to come before.
pub(super) fn before_transaction(sql: &str) -> bool {
    let mut cursor = Cursor::new(sql);
    cursor.accept(&["pragma", "foreign_keys"])
}

/// SQLite's message alone.
pub(super) fn said(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

/// A short, stable mark for names that dbwright makes.
pub(super) fn mark(of: &str) -> String {
    // FNV-1a: stable across versions and machines, which the standard library's hashes do not promise.
    let hash = of
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{:010x}", hash >> 24)
}

/// A name with the schema, for statements.
pub(super) fn main_name(name: &str) -> String {
    format!("main.{}", quoted(name))
}
