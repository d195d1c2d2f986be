//! Asks SQLite itself what each statement looks for: in a database of virtual tables with the same names and
//! columns, the planner tells every table which comparisons and which order it could use.
//!
//! Names, views, aliases and joins are thus resolved exactly, without a parser of our own.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_int};
use std::sync::{Arc, Mutex, PoisonError};

use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Table, TableKind};
use rusqlite::types::ValueRef;
use rusqlite::vtab::{
    Context, CreateVTab, Filters, IndexConstraintOp, IndexInfo, Inserts, Module, UpdateVTab, Updates, VTab,
    VTabConnection, VTabCursor, VTabKind, sqlite3_vtab,
};
use rusqlite::{Connection, Error, Result};

/// The functions of the virtual tables.
const MODULE: &Module<'_, Watched> = &Module::update_module();

/// What the planner could use on one table, in one way of running a statement. Columns are positions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Access {
    /// The table.
    pub(crate) table: String,
    /// Columns compared for equality.
    pub(crate) equal: Vec<usize>,
    /// Columns compared with `<`, `>`, `BETWEEN`.
    pub(crate) range: Vec<usize>,
    /// Wanted order: columns, and whether each is descending.
    pub(crate) order: Vec<(usize, bool)>,
    /// Columns that are read at all, one bit each; the highest bit stands for the 64th and all behind it.
    pub(crate) used: u64,
}

/// The database of virtual tables.
#[derive(Debug)]
pub(crate) struct Probe {
    db: Connection,
    recorder: Arc<Recorder>,
}

#[derive(Debug, Default)]
struct Recorder {
    /// Declarations by table name in lower case.
    tables: HashMap<String, CString>,
    seen: Mutex<Vec<Access>>,
}

impl Probe {
    /// Builds the tables and views of a catalog; what can't be built is left out, and statements that
    /// need it can't be asked about.
    ///
    /// # Errors
    /// When SQLite refuses the module.
    pub(crate) fn new(catalog: &Catalog) -> Result<Self> {
        let tables = catalog.tables.iter().filter(|table| table.kind == TableKind::Table && !table.internal);
        let declared = tables.clone().filter_map(|table| Some((table.name.to_lowercase(), declaration(table)?)));
        let recorder = Arc::new(Recorder { tables: declared.collect(), ..Recorder::default() });
        let db = Connection::open_in_memory()?;
        db.create_module(c"dbwright_probe", MODULE, Some(Arc::clone(&recorder)))?;
        for table in tables {
            let name = Dialect::Sqlite.ident(&table.name);
            // A table that can't be declared (a column named twice in other case) costs only itself.
            let _ = db.execute_batch(&format!("CREATE VIRTUAL TABLE {name} USING dbwright_probe"));
        }
        for view in catalog.tables.iter().filter(|table| table.kind == TableKind::View) {
            // A broken view is broken in the target too.
            let _ = view.definition.as_ref().map(|sql| db.execute_batch(sql));
        }
        Ok(Self { db, recorder })
    }

    /// What the planner could use for a statement.
    ///
    /// # Errors
    /// When the statement can't be prepared on virtual tables.
    pub(crate) fn ask(&self, sql: &str) -> Result<Vec<Access>> {
        self.recorder.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.db.prepare(sql)?;
        let mut seen = std::mem::take(&mut *self.recorder.seen.lock().unwrap_or_else(PoisonError::into_inner));
        seen.sort();
        seen.dedup();
        Ok(seen)
    }
}

/// `CREATE TABLE` for a table's columns: names, affinities and the collations that every SQLite has.
fn declaration(table: &Table) -> Option<CString> {
    let column = |column: &dbwright_sql::model::Column| {
        let name = Dialect::Sqlite.ident(&column.name);
        let collation =
            column.collation.as_deref().filter(|c| ["NOCASE", "RTRIM"].contains(&c.to_uppercase().as_str()));
        let collation = collation.map_or_else(String::new, |name| format!(" COLLATE {name}"));
        format!("{name} {}{collation}", column.base_type)
    };
    let columns: Vec<_> = table.columns.iter().map(column).collect();
    CString::new(format!("CREATE TABLE t ({})", columns.join(", "))).ok()
}

/// A virtual table that only watches.
#[repr(C)]
struct Watched {
    base: sqlite3_vtab,
    name: String,
    recorder: Arc<Recorder>,
}

// SAFETY: the struct is `repr(C)` and begins with `sqlite3_vtab`, as the trait demands.
unsafe impl VTab<'_> for Watched {
    type Aux = Arc<Recorder>;
    type Cursor = Nothing;

    fn connect(
        _db: &mut VTabConnection,
        aux: Option<&Self::Aux>,
        _module: &[u8],
        _database: &[u8],
        table: &[u8],
        _args: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        let name = String::from_utf8_lossy(table).into_owned();
        let recorder = aux.ok_or_else(|| Error::ModuleError("no recorder".to_owned()))?;
        let declared = recorder.tables.get(&name.to_lowercase()).cloned();
        let declared = declared.ok_or_else(|| Error::ModuleError(format!("{name} is not declared")))?;
        let watched = Self { base: sqlite3_vtab::default(), name, recorder: Arc::clone(recorder) };
        Ok((Cow::Owned(declared), watched))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let mut access = Access {
            table: self.name.clone(),
            equal: Vec::new(),
            range: Vec::new(),
            order: Vec::new(),
            used: info.col_used(),
        };
        for constraint in info.constraints().filter(rusqlite::vtab::IndexConstraint::is_usable) {
            // A negative column is the rowid, which needs no index.
            let Ok(column) = usize::try_from(constraint.column()) else { continue };
            let list = match constraint.operator() {
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ
                | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_IS
                | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_ISNULL => &mut access.equal,
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GT
                | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GE
                | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LT
                | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LE => &mut access.range,
                _ => continue,
            };
            if !list.contains(&column) {
                list.push(column);
            }
        }
        let order = info.order_bys().map(|by| usize::try_from(by.column()).ok().map(|c| (c, by.is_order_by_desc())));
        access.order = order.collect::<Option<_>>().unwrap_or_default();
        access.equal.sort_unstable();
        info.set_estimated_cost(1e6 / (1.0 + access.equal.len() as f64 * 100.0 + access.range.len() as f64));
        self.recorder.seen.lock().unwrap_or_else(PoisonError::into_inner).push(access);
        Ok(true)
    }

    fn open(&mut self) -> Result<Nothing> {
        Ok(Nothing { _base: rusqlite::vtab::sqlite3_vtab_cursor::default() })
    }
}

impl CreateVTab<'_> for Watched {
    const KIND: VTabKind = VTabKind::Default;
}

/// Statements that write can be prepared, but never run.
impl UpdateVTab<'_> for Watched {
    fn delete(&mut self, _arg: ValueRef<'_>) -> Result<()> {
        Err(Error::InvalidQuery)
    }
    fn insert(&mut self, _args: &Inserts<'_>) -> Result<i64> {
        Err(Error::InvalidQuery)
    }
    fn update(&mut self, _args: &Updates<'_>) -> Result<()> {
        Err(Error::InvalidQuery)
    }
}

/// A cursor over no rows.
#[repr(C)]
struct Nothing {
    _base: rusqlite::vtab::sqlite3_vtab_cursor,
}

// SAFETY: the struct is `repr(C)` and begins with `sqlite3_vtab_cursor`, as the trait demands.
unsafe impl VTabCursor for Nothing {
    fn filter(&mut self, _number: c_int, _text: Option<&str>, _args: &Filters<'_>) -> Result<()> {
        Ok(())
    }
    fn next(&mut self) -> Result<()> {
        Ok(())
    }
    fn eof(&self) -> bool {
        true
    }
    fn column(&self, _context: &mut Context, _column: c_int) -> Result<()> {
        Ok(())
    }
    fn rowid(&self) -> Result<i64> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(sql: &str) -> Probe {
        let db = Connection::open_in_memory().expect("a database");
        db.execute_batch(sql).expect("a schema");
        Probe::new(&crate::observe::catalog_of(db).expect("a catalog")).expect("a probe")
    }

    #[test]
    fn joins_views_and_aliases_are_resolved() {
        let probe = probe(
            "CREATE TABLE o (id INTEGER PRIMARY KEY, \"cust omer\" INT, at TEXT, st TEXT COLLATE NOCASE);
             CREATE TABLE c (id INTEGER PRIMARY KEY, mail TEXT);
             CREATE VIEW open AS SELECT *, \"cust omer\" AS who FROM o WHERE st = 'open';",
        );
        let seen = probe
            .ask("SELECT at FROM open AS x JOIN c ON c.id = x.who WHERE mail = 'a' ORDER BY at DESC")
            .expect("seen");
        assert!(seen.iter().any(|a| a.table == "c" && a.equal.contains(&1)), "{seen:?}");
        assert!(seen.iter().any(|a| a.table == "o" && a.equal == [1, 3]), "{seen:?}");
        let seen = probe.ask("SELECT id FROM o WHERE at > 1 AND st IN ('a', 'b') ORDER BY st, at DESC").expect("seen");
        assert_eq!((seen[0].range.as_slice(), seen[0].order.as_slice()), (&[2][..], &[(3, false), (2, true)][..]));
    }

    #[test]
    fn statements_that_write_are_asked_about_and_not_run() {
        let probe = probe("CREATE TABLE o (id INTEGER PRIMARY KEY, a INT, b INT);");
        assert_eq!(probe.ask("UPDATE o SET b = 1 WHERE a = 2").expect("seen")[0].equal, [1]);
        assert_eq!(probe.ask("DELETE FROM o WHERE b IS NULL").expect("seen")[0].equal, [2]);
        assert!(probe.ask("SELECT nothing_here FROM o").is_err());
    }
}
