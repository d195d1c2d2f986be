//! The stage: a copy of the file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::words::count;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::Session;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::rehearse::rows::counted;
use dbwright_migrate::rehearse::touched::{Touched, proportions, touched};
use dbwright_migrate::rehearse::{Clients, Schema, Size, Stage, TableRows, Template, TryOut, Watch};
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;
use rusqlite::Connection;

use super::client::{Connector, Waiting};
use super::try_out::Tries;
use super::watch::Prober;
use super::{SqliteStages, broken, load, scale};
use crate::body::SqliteBody;
use crate::connect::Source;
use crate::lab::Lab;
use crate::migrate::schema::normal;
use crate::migrate::session;
use crate::observe;

/// The room that a rehearsal takes, in lengths of the file: the copy, a rebuild in it, and its log.
const LENGTHS: u64 = 4;
/// Begins the names of what dbwright keeps in a file.
const OURS: &str = "dbwright_";

/// A copy, ready for a pass.
pub(super) struct SqliteStage {
    path: PathBuf,
    server: String,
    data: String,
    notes: Vec<String>,
    tables: Vec<TableRows>,
    waiting: Arc<Waiting>,
    // The folder goes last.
    _lab: Lab,
}

/// Makes a stage.
///
/// # Errors
/// When the file can't be read or there is no room.
pub(super) fn make(of: &SqliteStages<'_>, size: Size, progress: &dyn Progress) -> Result<SqliteStage, Failure> {
    let touched = touched(&of.body.catalog, of.migrations);
    let source = Source::open(&of.path, &ObserveOptions::default())?;
    let lab = Lab::new(of.body.file.bytes.saturating_mul(LENGTHS))?;
    drop(lab.copy(&source.db, "stage.db", progress)?);
    let path = lab.path("stage.db");
    let db = Connection::open(&path).map_err(broken)?;
    let mut notes = Vec::new();
    let how = match size {
        Size::Copy => "copied from the target".to_owned(),
        Size::Rows(rows) => {
            let counts = proportions(&of.body.catalog, &touched.filled, rows);
            notes.extend(scale::scale(&db, &touched.filled, &counts, progress).map_err(broken)?);
            "made of the target's own, thinned out or multiplied".to_owned()
        }
    };
    let mode = if of.body.file.journal == "wal" { "wal" } else { "delete" };
    db.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).map_err(broken)?;
    let tables = counts(&db, &touched).map_err(broken)?;
    let largest = tables.iter().max_by_key(|table| table.rows);
    let data = largest.map_or_else(
        || "no touched table".to_owned(),
        |table| format!("{} rows in {}, {how}", count(table.rows as f64), table.table),
    );
    let server = format!("SQLite {}, {} journal", rusqlite::version(), of.body.file.journal);
    Ok(SqliteStage { path, server, data, notes, tables, waiting: Arc::default(), _lab: lab })
}

fn counts(db: &Connection, touched: &Touched<'_>) -> rusqlite::Result<Vec<TableRows>> {
    let rows = |table: &&Table| {
        let sql = format!("SELECT count(*) FROM {}", crate::migrate::schema::main_name(&table.name));
        let rows: i64 = db.query_row(&sql, [], |row| row.get(0))?;
        Ok(counted(touched, table, rows.cast_unsigned()))
    };
    touched.filled.iter().map(rows).collect()
}

impl SqliteStage {
    fn observed(&self, progress: &dyn Progress) -> Result<Schema, Failure> {
        let options = ObserveOptions { values: Values::None, ..ObserveOptions::default() };
        let snapshot = observe::file(&self.path, &options, progress)?;
        let mut catalog = snapshot.body::<SqliteBody>()?.catalog.clone();
        catalog.tables.retain(|table| !table.name.starts_with(OURS) && !table.name.starts_with("sqlite_"));
        // Pages move and rows come and go without a change of the schema.
        for table in &mut catalog.tables {
            table.definition = table.definition.take().filter(|_| table.kind == dbwright_sql::model::TableKind::View);
        }
        let db = Connection::open(&self.path).map_err(broken)?;
        let all = normal(&db).map_err(broken)?;
        let own = all.into_iter().filter(|(_, name, _)| !name.starts_with(OURS));
        let texts: BTreeMap<String, String> = own.map(|(kind, name, sql)| (format!("{kind} {name}"), sql)).collect();
        Ok(Schema { catalog, texts })
    }
}

impl Stage for SqliteStage {
    fn data(&self) -> &str {
        &self.data
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn tables(&self) -> &[TableRows] {
        &self.tables
    }

    fn open<'a>(&'a self, _: &'a dyn Progress) -> BoxFuture<'a, Result<Box<dyn Session>, Failure>> {
        Box::pin(
            async move { Ok(Box::new(session::Open::new(&self.path, &OpenOptions::default())?) as Box<dyn Session>) },
        )
    }

    fn schema<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<Schema, Failure>> {
        Box::pin(async move { self.observed(progress) })
    }

    fn load<'a>(&'a self, tables: &'a [&'a Table]) -> BoxFuture<'a, Result<Vec<Template>, Failure>> {
        Box::pin(async move {
            let db = Connection::open(&self.path).map_err(broken)?;
            load::templates(&db, tables).map_err(broken)
        })
    }

    fn clients(&self) -> Result<Arc<dyn Clients>, Failure> {
        Ok(Arc::new(Connector { path: self.path.clone(), waiting: Arc::clone(&self.waiting) }))
    }

    fn watch(&self) -> BoxFuture<'_, Result<Box<dyn Watch>, Failure>> {
        Box::pin(async move { Ok(Box::new(Prober::start(&self.path, Arc::clone(&self.waiting))?) as Box<dyn Watch>) })
    }

    fn try_out(&self) -> BoxFuture<'_, Result<Box<dyn TryOut>, Failure>> {
        Box::pin(async move { Ok(Box::new(Tries::new(&self.path)?) as Box<dyn TryOut>) })
    }
}

/// Names as statements of the rehearsal have them.
pub(super) const SQL: Dialect = Dialect::Sqlite;
