//! The copy: trial indexes are built once and hidden by taking their rows out of the schema table, inside a transaction
//! that is rolled back. Showing a set of them costs a reading of the schema, not a build.

use std::collections::BTreeMap;

use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use rusqlite::Connection;

use crate::body::SqliteBody;
use crate::connect::Source;
use crate::error::Error;
use crate::lab::Lab;
use crate::path;
use crate::prove::Side;

/// A copy of the file.
pub(super) struct Copy {
    side: Side,
    /// Rows of the schema table for the trial indexes, by name.
    trials: BTreeMap<String, SchemaRow>,
    /// Name of the file, for people.
    pub(super) name: String,
    /// Whether the file has planner statistics, so that trial indexes get them as well.
    analyzed: bool,
    /// Removed when dropped, after the connection.
    _lab: Lab,
}

/// What the schema table says of one index.
#[derive(Debug, Clone)]
struct SchemaRow {
    table: String,
    root: i64,
    sql: String,
}

impl Copy {
    /// Copies the file by online backup.
    ///
    /// # Errors
    /// When the file can't be read, there is no room, or the user stops it.
    pub(super) fn of(
        snapshot: &Snapshot,
        address: &Address,
        options: &ObserveOptions,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        let body: &SqliteBody = snapshot.body()?;
        let path = path::resolve(address)?;
        // As much again for trial indexes as for the rows.
        let lab = Lab::new(body.file.bytes.saturating_add(body.file.wal_bytes.unwrap_or(0)).saturating_mul(2))?;
        let db = {
            let source = Source::open(&path, options)?;
            lab.copy(&source.db, "advise.db", progress)?
        };
        let side = Side::new(db).map_err(failed("the lab is unusable"))?;
        let literals = rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DDL;
        // A quoted column that does not exist must be an error, not an index on a constant.
        side.db.set_db_config(literals, false).map_err(failed("the lab is unusable"))?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut copy = Self { side, trials: BTreeMap::new(), name, analyzed: false, _lab: lab };
        copy.analyzed = copy.has("sqlite_stat1");
        Ok(copy)
    }

    /// The connection, with all trial indexes hidden.
    pub(super) fn db(&self) -> &Connection {
        &self.side.db
    }

    /// The connection with its time limit.
    pub(super) const fn side(&self) -> &Side {
        &self.side
    }

    /// Whether the file has planner statistics.
    pub(super) const fn analyzed(&self) -> bool {
        self.analyzed
    }

    fn has(&self, table: &str) -> bool {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        self.side.db.query_row(sql, [table], |_| Ok(())).is_ok()
    }

    /// Builds an index and hides it: its bytes and root page.
    ///
    /// # Errors
    /// SQLite's reason.
    pub(super) fn build(&mut self, name: &str, create: &str) -> rusqlite::Result<(u64, i64)> {
        self.side.db.execute_batch(create)?;
        let of_it = "SELECT tbl_name, rootpage, sql FROM sqlite_schema WHERE type = 'index' AND name = ?1";
        let row = self.side.db.query_row(of_it, [name], |row| {
            Ok(SchemaRow { table: row.get(0)?, root: row.get(1)?, sql: row.get(2)? })
        })?;
        if self.analyzed {
            self.side.db.execute_batch(&format!("PRAGMA analysis_limit = 1000; ANALYZE main.{}", quoted(name)))?;
        }
        let bytes: i64 =
            self.side.db.query_row("SELECT pgsize FROM dbstat('main', 1) WHERE name = ?1", [name], |row| row.get(0))?;
        self.edit(|db| db.execute("DELETE FROM sqlite_schema WHERE type = 'index' AND name = ?1", [name]).map(drop))?;
        let root = row.root;
        self.trials.insert(name.to_owned(), row);
        Ok((bytes.cast_unsigned(), root))
    }

    /// Does something while some trial indexes are visible and some other indexes hidden. Whatever it writes is undone.
    ///
    /// # Errors
    /// SQLite's reason.
    pub(super) fn with<T>(
        &self,
        shown: &[String],
        hidden: &[String],
        act: impl FnOnce(&Side) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        if shown.is_empty() && hidden.is_empty() {
            return act(&self.side);
        }
        let db = &self.side.db;
        db.execute_batch("BEGIN")?;
        let done = self.edit(|db| self.change(db, shown, hidden)).and_then(|()| act(&self.side));
        db.execute_batch("ROLLBACK")?;
        db.execute_batch("PRAGMA writable_schema = RESET")?;
        done
    }

    fn change(&self, db: &Connection, shown: &[String], hidden: &[String]) -> rusqlite::Result<()> {
        let mut insert = db.prepare_cached("INSERT INTO sqlite_schema VALUES ('index', ?1, ?2, ?3, ?4)")?;
        for (name, row) in shown.iter().filter_map(|name| Some((name, self.trials.get(name)?))) {
            insert.execute((name, &row.table, row.root, &row.sql))?;
        }
        let mut delete = db.prepare_cached("DELETE FROM sqlite_schema WHERE type = 'index' AND name = ?1")?;
        for name in hidden {
            delete.execute([name])?;
        }
        Ok(())
    }

    /// Writes to the schema table and reads the schema anew.
    fn edit(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let db = &self.side.db;
        db.execute_batch("PRAGMA writable_schema = ON")?;
        let done = act(db);
        db.execute_batch("PRAGMA writable_schema = RESET")?;
        done
    }
}

/// A name as an SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    dbwright_sql::Dialect::Sqlite.ident(name)
}

/// SQLite's complaint as a failure.
pub(super) fn failed(doing: &str) -> impl FnOnce(rusqlite::Error) -> Failure {
    let doing = doing.to_owned();
    move |source| Error::sqlite(doing)(source).into()
}
