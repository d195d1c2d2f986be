//! What-if by doing: trial indexes are built in the copy, shown and hidden, and statements are run.
//!
//! A statement is run once for each plan that SQLite makes for it, not once for each question: what it costs under one
//! plan does not change with indexes that the plan does not use.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dbwright_advise::index::{Index, KeyPart, ObjectName};
use dbwright_advise::port::{Ask, Estimate, Existing, IndexId, Planned, Prepared, Query, Skip, WhatIf};
use dbwright_core::progress::Progress;
use dbwright_core::workload::Statement;
use dbwright_core::{BoxFuture, Change, Failure, Snapshot};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Index as Known, Table};
use dbwright_sql::render::{self, Surroundings};

use super::copy::{Copy, failed, quoted};
use super::usage;
use super::work::{self, ENTRY, Work};
use crate::body::SqliteBody;
use crate::explain;
use crate::prove::{Probe, fill};

/// First words of the statements that read or change rows.
const RUN: [&str; 7] = ["select", "with", "values", "insert", "replace", "update", "delete"];

/// The copy as a what-if side.
pub(super) struct Trials {
    catalog: Catalog,
    /// Existing indexes first, then trials in the order of their ids; none for a refused one.
    indexes: Vec<Option<String>>,
    existing: Vec<Existing>,
    place: String,
    state: Mutex<State>,
}

struct State {
    copy: Copy,
    probe: Probe,
    figures: usage::Figures,
    queries: Vec<Query>,
    /// Writers of the workload, with their weight: they decide what an index's upkeep costs.
    writers: Vec<Writer>,
    trials: Vec<Option<String>>,
    /// Work by query and plan.
    known: HashMap<(usize, String), Work>,
    /// Root pages of the trials, by name.
    roots: HashMap<String, i64>,
}

/// A statement that writes.
#[derive(Debug, Clone)]
struct Writer {
    sql: String,
    calls: f64,
    rows: u64,
}

impl Trials {
    /// A what-if side over a copy.
    ///
    /// # Errors
    /// When the snapshot is not SQLite's, or SQLite refuses the virtual tables that resolve statements.
    pub(super) fn new(copy: Copy, snapshot: &Snapshot) -> Result<Self, Failure> {
        let body: &SqliteBody = snapshot.body()?;
        let catalog = body.catalog.clone();
        let probe = Probe::new(&catalog).map_err(failed("the planner can't be asked"))?;
        let existing = existing(&catalog);
        let indexes = existing.iter().map(|e| Some(e.name.clone()));
        let indexes: Vec<_> = indexes.collect();
        let place = format!("a copy of {} in SQLite {}", copy.name, rusqlite::version());
        let state = State {
            copy,
            probe,
            figures: usage::Figures::default(),
            queries: Vec::new(),
            writers: Vec::new(),
            trials: Vec::new(),
            known: HashMap::new(),
            roots: HashMap::new(),
        };
        Ok(Self { catalog, indexes, existing, place, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn table(&self, name: &ObjectName) -> Option<&Table> {
        self.catalog.tables.iter().find(|table| table.name == name.name && table.schema == name.schema)
    }

    /// One statement as a query.
    fn admit_one(&self, state: &mut State, at: usize, statement: &Statement) -> Prepared {
        let skip = |reason: String| Err(Skip { reason });
        let text = statement.samples.first().unwrap_or(&statement.text).as_str();
        let first = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        if !RUN.contains(&first.to_ascii_lowercase().as_str()) {
            return skip("it neither reads nor changes rows, so that no index could serve it".to_owned());
        }
        let db = state.copy.db();
        let parameters = match db.prepare(text) {
            Ok(prepared) => prepared.parameter_count() > 0,
            Err(error) => return skip(format!("SQLite refuses it: {error}")),
        };
        let sql = if parameters { fill(db, &self.catalog, text) } else { Some(text.to_owned()) };
        let Some(sql) = sql else {
            return skip(
                "it has parameters whose values can't be taken from the data; write it with values".to_owned(),
            );
        };
        let work = match work::of(state.copy.side(), &sql) {
            Ok(work) => work,
            Err(error) => return skip(format!("it fails: {error}")),
        };
        if work.changed > 0 {
            let (calls, rows) = (statement.calls, work.changed);
            state.writers.push(Writer { sql: sql.clone(), calls, rows });
        }
        let State { probe, copy, figures, .. } = state;
        let usage = usage::of(probe, &self.catalog, &sql, (copy.db(), figures));
        Ok(vec![Query { statement: at, share: 1.0, sql, usage, cost: work.cost }])
    }

    fn name(&self, state: &State, id: IndexId) -> Option<String> {
        let trial = || state.trials.get(id - self.indexes.len()).cloned().flatten();
        if id < self.indexes.len() { self.indexes[id].clone() } else { trial() }
    }

    fn ask(&self, state: &mut State, ask: &Ask) -> Result<Planned, String> {
        let query = state.queries.get(ask.query).ok_or("there is no such query")?.sql.clone();
        let names = |ids: &[IndexId], state: &State| -> Result<Vec<String>, String> {
            let name = |id: &IndexId| self.name(state, *id).ok_or_else(|| format!("index {id} was refused"));
            ids.iter().map(name).collect()
        };
        let (shown, hidden) = (names(&ask.with, state)?, names(&ask.without, state)?);
        let State { copy, known, roots, .. } = state;
        let (plan, work) = copy
            .with(&shown, &hidden, |side| {
                let plan = explain::plan(&side.db, &query)?;
                let text: String = plan.walk().map(|node| node.operation.as_str()).collect::<Vec<_>>().join("\n");
                if let Some(work) = known.get(&(ask.query, text.clone())) {
                    return Ok((plan, *work));
                }
                let mut work = work::of(side, &query)?;
                if work.changed > 0 {
                    // What the visible indexes' upkeep took is told by their estimates, not here.
                    let trials: Vec<i64> = shown.iter().filter_map(|name| roots.get(name).copied()).collect();
                    let kept_up = work::written(side, &query)?.iter().filter(|root| trials.contains(root)).count();
                    work.cost = (work.cost - ENTRY * work.changed as f64 * kept_up as f64).max(0.0);
                }
                known.insert((ask.query, text), work);
                Ok((plan, work))
            })
            .map_err(|error| error.to_string())?;
        let used = explain::indexes(&plan);
        let all = ask.with.iter().copied().chain(0..self.indexes.len());
        let mut used: Vec<IndexId> =
            all.filter(|id| self.name(state, *id).is_some_and(|name| used.contains(&name))).collect();
        used.sort_unstable();
        Ok(Planned { cost: work.cost, used, leaves: Vec::new() })
    }

    fn define_one(state: &mut State, index: &Index) -> Result<Estimate, String> {
        let name = format!("dbwright_trial_{}", state.trials.len());
        let create = create(index, &name);
        let built = state.copy.build(&name, &create);
        let (bytes, root) = built.map_err(|error| error.to_string())?;
        state.trials.push(Some(name.clone()));
        state.roots.insert(name.clone(), root);
        let mut entries = 0.0;
        for writer in state.writers.clone() {
            let shown = [name.clone()];
            let written = state.copy.with(&shown, &[], |side| work::written(side, &writer.sql));
            if written.map_err(|error| error.to_string())?.contains(&root) {
                entries += writer.calls * writer.rows as f64;
            }
        }
        let reason = if entries > 0.0 {
            format!("{entries:.0} entries are written by the workload's statements")
        } else {
            "no statement of the workload writes to it".to_owned()
        };
        Ok(Estimate { bytes, upkeep: entries * ENTRY, reason, entry: ENTRY })
    }
}

impl WhatIf for Trials {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn unit(&self) -> String {
        "instructions of SQLite, pages counted as ten".to_owned()
    }

    fn prepare<'a>(
        &'a self,
        statements: &'a [Statement],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Prepared>, Failure>> {
        Box::pin(async move {
            progress.stage("running the workload in a copy", Some(statements.len() as u64));
            let mut state = self.state();
            let mut prepared = Vec::with_capacity(statements.len());
            for (at, statement) in statements.iter().enumerate() {
                progress.step(at as u64);
                let stopped = || Err(Skip { reason: "stopped before it was looked at".to_owned() });
                prepared.push(if progress.cancelled() { stopped() } else { self.admit_one(&mut state, at, statement) });
            }
            Ok(prepared)
        })
    }

    fn admit<'a>(&'a self, queries: &'a [Query]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            self.state().queries = queries.to_vec();
            Ok(())
        })
    }

    fn existing(&self) -> Vec<Existing> {
        self.existing.clone()
    }

    fn propose(&self, _query: &Query) -> Vec<Index> {
        Vec::new()
    }

    fn define<'a>(&'a self, indexes: &'a [Index]) -> BoxFuture<'a, Result<Vec<Result<Estimate, String>>, Failure>> {
        Box::pin(async move {
            let mut state = self.state();
            let mut one = |index: &Index| {
                let before = state.trials.len();
                let estimate = Self::define_one(&mut state, index);
                if state.trials.len() == before {
                    state.trials.push(None);
                }
                estimate
            };
            Ok(indexes.iter().map(&mut one).collect())
        })
    }

    fn plan<'a>(&'a self, asks: &'a [Ask]) -> BoxFuture<'a, Result<Vec<Result<Planned, String>>, Failure>> {
        Box::pin(async move {
            let mut state = self.state();
            Ok(asks.iter().map(|ask| self.ask(&mut state, ask)).collect())
        })
    }

    fn create(&self, index: &Index, name: Option<&str>) -> Change {
        let free = || {
            let around = Surroundings::of(&self.catalog);
            let columns: Vec<&str> = index.keys.iter().filter_map(|key| key.part.column()).collect();
            let table = self.table(&index.table)?;
            Some(render::index_name(&around, table, &columns))
        };
        let name = name.map(str::to_owned).or_else(free).unwrap_or_else(|| format!("{}_idx", index.table.name));
        let mut forward = vec![create(index, &name)];
        if self.state().copy.analyzed() {
            forward.push(format!("ANALYZE {}", quoted(&name)));
        }
        Change::new(forward, "other writers wait while it is built; readers go on in WAL mode")
            .back([format!("DROP INDEX {}", quoted(&name))])
    }

    fn drop(&self, existing: IndexId) -> Change {
        let Some(known) = self.existing.get(existing) else { return Change::new(Vec::<String>::new(), "none") };
        let definition = self
            .catalog
            .tables
            .iter()
            .flat_map(|table| &table.indexes)
            .find(|index| index.name == known.name)
            .and_then(|index| index.definition.clone());
        let back = definition.unwrap_or_else(|| create(&known.index, &known.name));
        Change::new([format!("DROP INDEX {}", quoted(&known.name))], "other writers wait for a moment").back([back])
    }
}

/// The statement that makes an index. SQLite has no INCLUDE: stored columns become the last keys.
pub(super) fn create(index: &Index, name: &str) -> String {
    let sql = Dialect::Sqlite;
    let mut keys: Vec<String> = index
        .keys
        .iter()
        .map(|key| {
            let part = match &key.part {
                KeyPart::Column(column) => sql.name(column),
                KeyPart::Expression(text) => text.clone(),
            };
            let collation =
                key.collation.as_ref().map_or_else(String::new, |name| format!(" COLLATE {}", sql.name(name)));
            format!("{part}{collation}{}", if key.descending { " DESC" } else { "" })
        })
        .collect();
    keys.extend(index.include.iter().map(|column| sql.name(column)));
    let predicate = index.predicate.as_ref().map_or_else(String::new, |text| format!(" WHERE {text}"));
    let schema = if index.table.schema.is_empty() { "main" } else { &index.table.schema };
    format!(
        "CREATE INDEX {} ON {} ({}){predicate}",
        sql.qualified(schema, name),
        sql.name(&index.table.name),
        keys.join(", ")
    )
}

/// The indexes that there are.
fn existing(catalog: &Catalog) -> Vec<Existing> {
    let of = |table: &Table, known: &Known| {
        let keys = known.keys.iter().map(|key| {
            let part = key.column.clone().map(KeyPart::Column);
            let part = part.unwrap_or_else(|| KeyPart::Expression(key.expression.clone().unwrap_or_default()));
            let mut new = dbwright_advise::Key::of(part);
            new.descending = key.descending;
            new
        });
        let index = Index {
            table: ObjectName { schema: table.schema.clone(), name: table.name.clone() },
            method: "btree".to_owned(),
            keys: keys.collect(),
            include: Vec::new(),
            predicate: known.predicate.clone(),
            options: Vec::new(),
        };
        let keeps = match (&known.constraint, known.unique, known.automatic) {
            (Some(_), _, _) | (_, _, true) => Some("it enforces a constraint".to_owned()),
            (None, true, _) => Some("it keeps its columns unique".to_owned()),
            _ => None,
        };
        let bytes = known.bytes.unwrap_or(0);
        Existing { index, name: known.name.clone(), bytes, scans: None, keeps, upkeep: 0.0, bound: false }
    };
    catalog.user_tables().flat_map(|table| table.indexes.iter().map(move |index| of(table, index))).collect()
}
