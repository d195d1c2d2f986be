//! What is known of the database before a statement. SQLite itself keeps the schema, in a database in memory; how large tables
//! are and who may use them stands beside it.

use std::collections::BTreeMap;

use dbwright_sql::Dialect;
use dbwright_sql::model::{self, TableKind};
use rusqlite::OptionalExtension as _;

use crate::body::SqliteBody;
use crate::migrate::parse::{Cursor, TableText};
use crate::migrate::schema::{Object, Scratch, TableState};
use crate::observe::quoted;

/// The state of the database.
#[derive(Debug)]
pub(crate) struct World {
    /// Its schema.
    pub(super) scratch: Scratch,
    /// What is known of tables, by name in lower case.
    facts: BTreeMap<String, Facts>,
    /// Whether there is a target, so that what isn't here isn't there.
    pub(crate) known: bool,
    /// Bytes of the file.
    pub(crate) bytes: Option<u64>,
    /// Whether `ANALYZE` has ever run.
    pub(crate) analyzed: bool,
    /// Whether renaming leaves the texts of views and triggers alone.
    pub(crate) legacy: bool,
}

/// Where a table is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nothing is known; it is assumed to be large and in use.
    Assumed,
    /// It is in the target.
    Target,
    /// An earlier file made it.
    Earlier,
    /// This file made it: nobody else uses it yet.
    Here,
}

/// What is known of a table beside its text.
#[derive(Debug, Clone)]
struct Facts {
    origin: Origin,
    in_target: bool,
    empty: bool,
    temporary: bool,
    rows: Option<f64>,
    bytes: Option<u64>,
    index_bytes: Option<u64>,
}

/// A table, as far as it is known.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Its name, as it was declared when that is known.
    pub(crate) name: String,
    /// Where it is known from.
    pub(crate) origin: Origin,
    /// Whether the target has it.
    pub(crate) in_target: bool,
    /// Whether it is known to hold no row.
    pub(crate) empty: bool,
    /// Whether it is temporary.
    pub(crate) temporary: bool,
    /// Rows, about.
    pub(crate) rows: Option<f64>,
    /// Bytes without indexes.
    pub(crate) bytes: Option<u64>,
    /// Bytes of its indexes.
    pub(crate) index_bytes: Option<u64>,
    /// Its text, indexes and triggers, when they are known.
    pub(crate) state: Option<TableState>,
}

impl World {
    /// The world before the first statement.
    ///
    /// # Errors
    /// When SQLite has no memory for it.
    pub(super) fn new(body: Option<&SqliteBody>) -> rusqlite::Result<Self> {
        let Some(body) = body else {
            let scratch = Scratch::with(&[])?;
            rusqlite::vtab::series::load_module(&scratch.db)?;
            return Ok(Self {
                scratch,
                facts: BTreeMap::new(),
                known: false,
                bytes: None,
                analyzed: false,
                legacy: false,
            });
        };
        // The database of a schema file never held a row, which says nothing of the real one.
        let sized = body.file.read != "in a lab";
        let facts = body.catalog.tables.iter().map(|table| (table.name.to_lowercase(), facts(body, table, sized)));
        let scratch = Scratch::with(&objects(&body.catalog))?;
        // The shell has it, and people fill tables with it.
        rusqlite::vtab::series::load_module(&scratch.db)?;
        Ok(Self {
            scratch,
            facts: facts.collect(),
            known: true,
            bytes: sized.then_some(body.file.bytes),
            analyzed: body.statistics.is_some(),
            legacy: false,
        })
    }

    /// A table of this name; one that is assumed when nothing is known.
    pub(crate) fn table(&self, name: &str) -> Table {
        let state = self.state(name);
        let declared = state.as_ref().map_or_else(|| name.to_owned(), |state| state.name.clone());
        let facts = self.facts.get(&name.to_lowercase());
        let assumed = Facts::of(Origin::Assumed);
        let facts = facts.unwrap_or(&assumed);
        Table {
            name: declared,
            origin: facts.origin,
            in_target: facts.in_target,
            empty: facts.empty,
            temporary: facts.temporary,
            rows: facts.rows,
            bytes: facts.bytes,
            index_bytes: facts.index_bytes,
            state,
        }
    }

    fn state(&self, name: &str) -> Option<TableState> {
        let sql = "SELECT type, name, sql FROM main.sqlite_schema WHERE tbl_name = ?1 COLLATE nocase ORDER BY rowid";
        let mut statement = self.scratch.db.prepare_cached(sql).ok()?;
        let rows = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).ok()?;
        let all: Vec<(String, String, Option<String>)> = rows.collect::<Result<_, _>>().ok()?;
        let own = |kind: &str| -> Vec<(String, String)> {
            all.iter()
                .filter(|one| one.0 == kind)
                .filter_map(|(_, name, sql)| Some((name.clone(), sql.clone()?)))
                .collect()
        };
        let (_, declared, sql) = all.iter().find(|one| one.0 == "table")?;
        let sql = sql.as_deref().filter(|sql| !Cursor::new(sql).ahead(1).eq_ignore_ascii_case("virtual"))?;
        let text = TableText::read(sql)?;
        Some(TableState { name: declared.clone(), text, indexes: own("index"), triggers: own("trigger") })
    }

    /// Whether all is known that there is of this name.
    pub(crate) fn complete(&self, name: &str) -> bool {
        self.known || self.facts.contains_key(&name.to_lowercase())
    }

    /// The name under which something is there already that this one, in other letters, would mean too: its kind, its name.
    pub(crate) fn namesake(&self, name: &str) -> Option<(String, String)> {
        let sql = "SELECT type, name FROM main.sqlite_schema WHERE name = ?1 COLLATE nocase AND name <> ?1";
        self.scratch.db.query_row(sql, [name], |row| Ok((row.get(0)?, row.get(1)?))).optional().ok().flatten()
    }

    /// The tables whose rows refer to rows of this one, with what becomes of them when those are deleted.
    pub(crate) fn children(&self, name: &str) -> Vec<(String, String)> {
        let sql = "SELECT DISTINCT s.name, f.on_delete FROM main.sqlite_schema AS s JOIN pragma_foreign_key_list(s.name) AS f \
                   WHERE s.type = 'table' AND lower(f.\"table\") = lower(?1) AND lower(s.name) <> lower(?1) ORDER BY 1";
        let rows = self.scratch.db.prepare(sql).and_then(|mut statement| {
            statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()
        });
        rows.unwrap_or_default()
    }

    /// Views, and triggers of other tables, whose text names a table; a word too many is better than a broken view.
    pub(crate) fn readers(&self, name: &str) -> Vec<String> {
        let sql = "SELECT type || ' ' || name, sql FROM main.sqlite_schema WHERE type IN ('view', 'trigger') \
                   AND tbl_name <> ?1 COLLATE nocase AND instr(lower(sql), lower(?1)) > 0 ORDER BY 1";
        let rows = self.scratch.db.prepare(sql).and_then(|mut statement| {
            let rows = statement.query_map([name], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            rows.collect::<Result<Vec<_>, _>>()
        });
        let names = |text: &str| crate::migrate::edit::mentions(text, name);
        rows.unwrap_or_default().into_iter().filter(|(_, text)| names(text)).map(|(who, _)| who).collect()
    }

    /// Takes notice of a table that this file makes.
    pub(super) fn made(&mut self, name: &str, temporary: bool) {
        self.facts.insert(name.to_lowercase(), Facts { temporary, ..Facts::of(Origin::Here) });
    }

    /// Takes notice of a table that is gone.
    pub(super) fn gone(&mut self, name: &str) {
        self.facts.remove(&name.to_lowercase());
    }

    /// Takes notice of a new name.
    pub(super) fn renamed(&mut self, from: &str, to: &str) {
        let facts = self.facts.remove(&from.to_lowercase());
        let facts = facts.unwrap_or_else(|| Facts::of(Origin::Assumed));
        self.facts.insert(to.to_lowercase(), facts);
    }

    /// Takes notice of rows that a statement puts into a table.
    pub(super) fn filled(&mut self, name: &str) {
        if let Some(facts) = self.facts.get_mut(&name.to_lowercase()) {
            facts.empty = false;
        }
    }

    /// Ends a file: what it made is an earlier file's from now on, and nobody uses it before it is applied.
    pub(super) fn close(&mut self) {
        let temporary: Vec<String> =
            self.facts.iter().filter(|(_, f)| f.temporary).map(|(name, _)| name.clone()).collect();
        for name in temporary {
            let _ = self.scratch.db.execute_batch(&format!("DROP TABLE IF EXISTS temp.{}", quoted(&name)));
            self.facts.remove(&name);
        }
        let known = self.known;
        for facts in self.facts.values_mut().filter(|facts| facts.origin == Origin::Here) {
            // A file that is not applied yet makes it, so that the target holds no row of it.
            facts.empty = known && !facts.in_target;
            facts.origin = Origin::Earlier;
        }
        self.set_legacy(false);
    }

    /// Sets how renames are done.
    pub(super) fn set_legacy(&mut self, legacy: bool) {
        self.legacy = legacy;
        self.restore();
    }

    /// Sets again what a rebuild that failed may have left otherwise.
    pub(super) fn restore(&self) {
        let _ = self.scratch.db.pragma_update(None, "legacy_alter_table", self.legacy);
    }
}

impl Facts {
    const fn of(origin: Origin) -> Self {
        Self { origin, in_target: false, empty: false, temporary: false, rows: None, bytes: None, index_bytes: None }
    }
}

impl Table {
    /// Whether nothing that is done to it can hurt anybody: made in this file, temporary, or without a row.
    pub(crate) fn quiet(&self) -> bool {
        self.fresh() || self.empty
    }

    /// Whether nobody else can use it yet: made in this file, or temporary.
    pub(crate) fn fresh(&self) -> bool {
        self.origin == Origin::Here || self.temporary
    }

    /// Its name for statements.
    pub(crate) fn sql(&self) -> String {
        Dialect::Sqlite.name(&self.name)
    }

    /// Its subject: `main.table`.
    pub(crate) fn subject(&self) -> String {
        Dialect::Sqlite.subject(&["main", &self.name])
    }

    /// The subject of something in it: `main.table.name`.
    pub(crate) fn subject_in(&self, name: &str) -> String {
        Dialect::Sqlite.subject(&["main", &self.name, name])
    }

    /// The names of its columns, when they are known.
    pub(crate) fn columns(&self) -> Option<Vec<String>> {
        Some(self.state.as_ref()?.text.columns().into_iter().map(|(_, column)| column.name).collect())
    }
}

/// The objects of a catalog, virtual tables first: they make tables of their own.
fn objects(catalog: &model::Catalog) -> Vec<Object> {
    let mut tables: Vec<&model::Table> = catalog.tables.iter().collect();
    tables.sort_by_key(|table| table.kind != TableKind::Virtual);
    let mut all = Vec::new();
    for table in tables {
        let kind = if table.kind == TableKind::View { "view" } else { "table" };
        let object = |kind: &str, name: &str, sql: Option<String>| Object {
            kind: kind.to_owned(),
            name: name.to_owned(),
            table: table.name.clone(),
            sql,
        };
        all.push(object(kind, &table.name, table.definition.clone()));
        let indexes = table.indexes.iter().filter(|index| index.definition.is_some());
        all.extend(indexes.map(|index| object("index", &index.name, index.definition.clone())));
        all.extend(table.triggers.iter().map(|t| object("trigger", &t.name, Some(t.definition.clone()))));
    }
    all
}

fn facts(body: &SqliteBody, table: &model::Table, sized: bool) -> Facts {
    let counted = body.facts(table.id).is_some_and(|facts| facts.rows_from == "counted");
    let index_bytes = table.indexes.iter().filter(|index| index.id != table.id).map(|index| index.bytes).sum();
    Facts {
        in_target: true,
        empty: sized && counted && table.rows == Some(0.0),
        rows: table.rows.filter(|_| sized),
        bytes: table.bytes.filter(|_| sized),
        index_bytes,
        ..Facts::of(Origin::Target)
    }
}
