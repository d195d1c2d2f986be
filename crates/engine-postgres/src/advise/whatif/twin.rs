//! What-if in the planner twin: candidates of any access method, made real, grown without rows, and hidden.
//!
//! A candidate is created once, on an empty table; its file is made as long as the index would be, and it is hidden by
//! putting its row of `pg_index` aside: the planner does not know of it any more, so that hundreds of hidden candidates cost
//! a plan nothing. To answer a question a transaction puts the rows of the wanted ones back, plans, and is rolled back. No
//! session waits for another that shows the same candidate, because the key of `pg_index` is not kept unique in the twin:
//! each session sees its own rows only.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dbwright_advise::index::Index;
use dbwright_advise::port::{Ask, IndexId};
use dbwright_core::Failure;
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;
use futures_util::future::join3;

use super::book::Book;
use super::seat::Seat;
use super::statement;
use crate::advise::sizes::{self, Shape};
use crate::explain::Plan;
use crate::twin::Twin;

const SQL: Dialect = Dialect::Postgres;
/// Begin of every candidate's name, unlike any that a user gives.
const NAME: &str = "dbwright what-if ";
/// Where the rows of hidden candidates are.
const ASIDE: &str = "\"dbwright what-if\".aside";
/// System columns of every table.
pub(super) const SYSTEM_COLUMNS: usize = 6;
/// Bytes of a page.
const PAGE: u64 = 8192;

/// The twin as a place to plan in.
pub(super) struct Stage {
    twin: Twin,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The candidates, by id: what is stored for each table or partition.
    made: HashMap<IndexId, Vec<Made>>,
    /// Oids of the indexes that there are, by schema and name.
    standing: HashMap<(String, String), String>,
    /// Files of the tables, by schema and name.
    files: HashMap<(String, String), PathBuf>,
    /// Tables whose files are empty while indexes are created, with their pages.
    emptied: Vec<(PathBuf, u64)>,
}

/// A candidate as it is stored.
#[derive(Debug, Clone)]
struct Made {
    /// Its oid.
    oid: String,
    /// Oid of its table.
    table: String,
    /// Its file, relative to the server's data.
    file: String,
}

impl Stage {
    /// Makes a twin ready for candidates. Sessions that plan are to be opened afterwards: what they know of the catalog's own
    /// indexes they learn once.
    pub(super) async fn prepare(twin: &Twin) -> Result<(), Failure> {
        let seat = Seat::in_twin(twin, 0).await?;
        let ready = format!(
            "CREATE SCHEMA {schema}; CREATE TABLE {ASIDE} AS SELECT * FROM pg_catalog.pg_index WHERE false; \
             CREATE INDEX ON {ASIDE} (indexrelid); UPDATE pg_catalog.pg_index SET indisunique = false, \
             indisprimary = false WHERE indexrelid = 'pg_catalog.pg_index_indexrelid_index'::regclass",
            schema = ASIDE.split('.').next().unwrap_or_default()
        );
        seat.command(&ready).await.map_err(|reason| seat.lost(&reason))
    }

    /// A twin without candidates.
    pub(super) async fn of(twin: Twin, seat: &Seat) -> Result<Self, Failure> {
        let standing = named(seat, "c.oid", "'i', 'I'").await?;
        let files = named(seat, "pg_relation_filepath(c.oid)", "'r', 'm'").await?;
        let files = files.into_iter().map(|(name, file)| (name, twin.path_of(&file))).collect();
        // A build counts the rows of its table and finds none; these are the figures to go back to.
        let figures = "CREATE TEMPORARY TABLE dbwright_figures AS SELECT oid, relpages, reltuples, relallvisible \
                       FROM pg_catalog.pg_class WHERE relkind IN ('r', 'm', 'p')";
        seat.command(figures).await.map_err(|reason| seat.lost(&reason))?;
        Ok(Self { twin, state: Mutex::new(State { standing, files, ..State::default() }) })
    }

    /// Empties the files of tables that indexes are to be created on: a build would read all their pages.
    pub(super) fn empty(&self, book: &Book, indexes: &[Index]) -> Result<(), Failure> {
        let mut state = self.state();
        let tables = indexes.iter().filter_map(|index| book.stored(index).ok()).flatten();
        let wanted: BTreeSet<(String, String)> =
            tables.map(|table| (table.schema.clone(), table.name.clone())).collect();
        let files: Vec<PathBuf> = wanted.iter().filter_map(|name| state.files.get(name).cloned()).collect();
        for file in files {
            let pages = pages(&file);
            self.twin.grow(&file, 0)?;
            state.emptied.push((file, pages));
        }
        Ok(())
    }

    /// Gives the emptied files their lengths back.
    pub(super) fn fill(&self) -> Result<(), Failure> {
        let mut state = self.state();
        for (file, pages) in state.emptied.drain(..) {
            self.twin.grow(&file, pages)?;
        }
        Ok(())
    }

    /// Hides the candidates that were just made, and gives their tables the figures back. To be called in the session that the
    /// place was made with. The tables change, so that every session reads anew which indexes they have.
    pub(super) async fn restore(&self, seat: &Seat) -> Result<(), String> {
        let sql = format!(
            "WITH made AS (DELETE FROM pg_catalog.pg_index i USING pg_catalog.pg_class c \
             WHERE c.oid = i.indexrelid AND c.relname LIKE {} RETURNING i.*), \
             kept AS (INSERT INTO {ASIDE} SELECT * FROM made) \
             UPDATE pg_catalog.pg_class c SET relpages = f.relpages, reltuples = f.reltuples, \
             relallvisible = f.relallvisible FROM pg_temp.dbwright_figures f WHERE f.oid = c.oid \
             AND ((c.relpages, c.reltuples, c.relallvisible) <> (f.relpages, f.reltuples, f.relallvisible) \
             OR c.oid IN (SELECT indrelid FROM made))",
            SQL.literal(&format!("{NAME}%"))
        );
        seat.command(&sql).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it is, for proofs.
    pub(super) fn place(&self) -> String {
        format!("a planner twin of PostgreSQL {}", self.twin.version())
    }

    /// Makes a candidate, which [`Stage::restore`] hides.
    pub(super) async fn make(&self, seat: &Seat, book: &Book, id: IndexId, share: f64) -> Result<(), String> {
        let made = self.try_make(seat, book, id, share).await;
        match made {
            Ok(made) => {
                self.state().made.insert(id, made);
                Ok(())
            }
            Err(reason) => {
                seat.command("ROLLBACK").await?;
                Err(reason)
            }
        }
    }

    async fn try_make(&self, seat: &Seat, book: &Book, id: IndexId, share: f64) -> Result<Vec<Made>, String> {
        let index = book.defined(id)?;
        let stored = book.stored(&index)?;
        let count = stored.len();
        let mut all = Vec::new();
        for (number, table) in stored.into_iter().enumerate() {
            let name = format!("{NAME}{id}.{number}");
            // The transaction begins and ends along with its first and last statements: each answer is waited for.
            let begin = if number == 0 { "BEGIN; " } else { "" };
            let made = create(seat, book, &index, table, &name, begin).await?;
            let shape = sizes::shape(&index, &book.body, table, share);
            self.grow(&index, &shape, &self.twin.path_of(&made.file))?;
            let expressions = sizes::expressions(&index, &book.body, table, shape.rows);
            let end = if number + 1 == count { "; COMMIT" } else { "" };
            seat.command(&(figures(&made.oid, &shape, &expressions) + end)).await?;
            all.push(made);
        }
        Ok(all)
    }

    fn grow(&self, index: &Index, shape: &Shape, file: &Path) -> Result<(), String> {
        let grown = if index.method == "btree" {
            self.twin.make_btree(file, shape.pages.max(u64::from(shape.height) + 2), shape.height)
        } else {
            // It is never made shorter than it was created: its first pages say how it is read.
            let own = std::fs::metadata(file).map_err(|e| e.to_string())?.len().div_ceil(PAGE);
            if shape.pages > own { self.twin.grow(file, shape.pages) } else { Ok(()) }
        };
        grown.map_err(|failure| failure.message)
    }

    /// Answers one question; once more when two sessions stood in each other's way.
    pub(super) async fn ask(&self, seat: &Seat, book: &Book, ask: &Ask, sql: &str) -> Result<Plan, String> {
        if ask.with.is_empty() && ask.without.is_empty() {
            return seat.explain(sql, "").await;
        }
        let begin = self.showing(seat, book, ask)?;
        let mut answer = in_transaction(seat, &begin, sql).await;
        if answer.as_ref().is_err_and(|reason| reason.contains("deadlock")) {
            answer = in_transaction(seat, &begin, sql).await;
        }
        answer
    }

    /// The begin of a transaction in which exactly the wanted indexes are visible.
    fn showing(&self, seat: &Seat, book: &Book, ask: &Ask) -> Result<String, String> {
        let state = self.state();
        let (mut shown, mut tables) = (Vec::new(), BTreeSet::new());
        for id in &ask.with {
            for made in state.made.get(id).ok_or_else(|| format!("index {id} was not defined, or refused"))? {
                shown.push(made.oid.as_str());
                tables.insert(made.table.as_str());
            }
        }
        let mut begin = "BEGIN".to_owned();
        if !shown.is_empty() {
            begin = format!("{begin}; {}; {}", visible(&shown.join(", ")), forgotten(&tables, seat.number));
        }
        let known = ask.without.iter().filter_map(|id| book.known(*id)).flat_map(|known| known.physical);
        let standing = known.filter_map(|part| state.standing.get(&(part.schema, part.name)).cloned());
        let hidden: Vec<String> = standing.collect();
        if !hidden.is_empty() {
            begin = format!("{begin}; {}", invalid(&hidden.join(", ")));
        }
        Ok(begin)
    }

    /// The candidate behind a name in a plan.
    pub(super) fn own(name: &str) -> Option<IndexId> {
        name.strip_prefix(NAME)?.split('.').next()?.parse().ok()
    }
}

/// A figure of each relation of some kinds, by schema and name.
async fn named(seat: &Seat, figure: &str, kinds: &str) -> Result<HashMap<(String, String), String>, Failure> {
    let sql = format!(
        "SELECT n.nspname || chr(1) || c.relname || chr(1) || {figure} FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ({kinds})"
    );
    let found = seat.texts(&sql).await.map_err(|reason| seat.lost(&reason))?;
    let split = |text: &String| {
        let mut parts = text.split('\u{1}').map(str::to_owned);
        Some(((parts.next()?, parts.next()?), parts.next()?))
    };
    Ok(found.iter().filter_map(split).collect())
}

/// Pages of a relation, its further segments included.
fn pages(first: &Path) -> u64 {
    let segment = |number: u32| {
        let mut name = first.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    let further = (1..).map(segment).map_while(|path| std::fs::metadata(path).ok());
    let all = std::fs::metadata(first).into_iter().chain(further);
    all.map(|file| file.len().div_ceil(PAGE)).sum()
}

/// Shows, plans and hides again. All three are sent at once, so that the network is waited for once only.
async fn in_transaction(seat: &Seat, begin: &str, sql: &str) -> Result<Plan, String> {
    let (begun, plan, ended) = join3(seat.command(begin), seat.explain(sql, ""), seat.command("ROLLBACK")).await;
    begun?;
    ended?;
    plan
}

/// Creates an index on an empty table.
async fn create(
    seat: &Seat,
    book: &Book,
    index: &Index,
    table: &Table,
    name: &str,
    begin: &str,
) -> Result<Made, String> {
    let body = statement::body(index, &book.body.catalog.qualified(table));
    let qualified = SQL.literal(&format!("{}.{}", SQL.ident(&table.schema), SQL.ident(name)));
    let sql = format!(
        "{begin}CREATE INDEX {} {body}; SELECT i.indexrelid || ' ' || i.indrelid || ' ' || pg_relation_filepath(i.indexrelid) \
         FROM pg_catalog.pg_index i WHERE i.indexrelid = {qualified}::regclass",
        SQL.ident(name)
    );
    let found = seat.texts(&sql).await?;
    let mut parts = found.iter().flat_map(|text| text.splitn(3, ' ')).map(str::to_owned);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(oid), Some(table), Some(file)) => Ok(Made { oid, table, file }),
        _ => Err("the index has no file".to_owned()),
    }
}

/// Notes the figures of a candidate and of its expressions.
fn figures(oid: &str, shape: &Shape, expressions: &[sizes::Expression]) -> String {
    let mut all = vec![format!(
        "UPDATE pg_catalog.pg_class SET relpages = {}, reltuples = {} WHERE oid = {oid}",
        shape.pages.min(i32::MAX as u64),
        shape.rows
    )];
    for expression in expressions {
        let slots = |column: &str| (1..=5).map(|n| format!("{column}{n}")).collect::<Vec<_>>().join(", ");
        all.push(format!(
            "INSERT INTO pg_catalog.pg_statistic (starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct, \
             {}, {}, {}) VALUES ({oid}, {}, false, {}, {}, {}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
            slots("stakind"),
            slots("staop"),
            slots("stacoll"),
            expression.number,
            expression.nulls,
            expression.width,
            expression.distinct
        ));
    }
    all.join("; ")
}

/// The statement that shows candidates, from the moment on when their tables' lists of indexes are forgotten.
fn visible(oids: &str) -> String {
    format!("INSERT INTO pg_catalog.pg_index SELECT * FROM {ASIDE} WHERE indexrelid IN ({oids})")
}

/// The statement that hides existing indexes: the planner opens them, and leaves them aside.
fn invalid(oids: &str) -> String {
    format!("UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid IN ({oids})")
}

/// The statement that makes this session, and no other, read anew what it remembers of some tables: a change of one of
/// their columns that changes nothing. Each session has a system column of its own, so that none waits for another.
fn forgotten(tables: &BTreeSet<&str>, session: usize) -> String {
    let tables: Vec<&str> = tables.iter().copied().collect();
    let column = session % SYSTEM_COLUMNS + 1;
    format!(
        "UPDATE pg_catalog.pg_attribute SET attnotnull = attnotnull WHERE attnum = -{column} AND attrelid IN ({})",
        tables.join(", ")
    )
}
