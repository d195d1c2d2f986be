//! What a what-if side remembers: the queries, the indexes there are, and the indexes that were defined.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dbwright_advise::index::{Index, ObjectName};
use dbwright_advise::port::{Existing, IndexId, Planned, Query};
use dbwright_sql::Dialect;
use dbwright_sql::model::{ObjectId, Table, TableKind};
use dbwright_sql::render;

use super::existing::{self, Known};
use super::names::Names;
use super::{read, statement};
use crate::body::PgBody;
use crate::explain::Plan;

/// What a what-if side remembers.
#[derive(Debug)]
pub(super) struct Book {
    /// The observed database.
    pub(super) body: Arc<PgBody>,
    /// Names for new indexes.
    pub(super) names: Names,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    queries: Vec<Arc<Admitted>>,
    existing: Arc<Vec<Known>>,
    /// Indexes by name, with their tables' names.
    by_name: Arc<HashMap<String, Vec<(String, IndexId)>>>,
    defined: Vec<Option<Arc<Index>>>,
}

/// A query that can be asked about.
#[derive(Debug)]
pub(super) struct Admitted {
    /// Its text.
    pub(super) sql: String,
    /// Aliases of its references.
    aliases: HashSet<String>,
}

impl Book {
    /// An empty one.
    pub(super) fn new(body: Arc<PgBody>) -> Self {
        Self { names: Names::of(&body.catalog), body, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the queries, and lists the indexes on their tables.
    pub(super) fn admit(&self, queries: &[Query]) {
        let uses = queries.iter().flat_map(|query| &query.usage.tables);
        let tables: HashSet<ObjectName> = uses.map(|used| used.table.clone()).collect();
        // Of a query whose usage is not known any table may be meant.
        let all = queries.iter().any(|query| query.usage.tables.is_empty());
        let existing = existing::all(&self.body, (!all).then_some(&tables));
        let mut by_name: HashMap<String, Vec<(String, IndexId)>> = HashMap::new();
        for (id, known) in existing.iter().enumerate() {
            for part in &known.physical {
                by_name.entry(part.name.clone()).or_default().push((part.table.clone(), id));
            }
        }
        let admitted = queries.iter().map(|query| {
            let aliases = query.usage.tables.iter().map(|used| used.alias.clone()).collect();
            Arc::new(Admitted { sql: query.sql.clone(), aliases })
        });
        let mut state = self.state();
        state.queries = admitted.collect();
        state.existing = Arc::new(existing);
        state.by_name = Arc::new(by_name);
    }

    /// A query.
    pub(super) fn query(&self, id: usize) -> Result<Arc<Admitted>, String> {
        self.state().queries.get(id).cloned().ok_or_else(|| format!("query {id} was not admitted"))
    }

    /// The indexes that there are.
    pub(super) fn existing(&self) -> Vec<Existing> {
        self.state().existing.iter().map(|known| known.existing.clone()).collect()
    }

    /// One of them, with its parts.
    pub(super) fn known(&self, id: IndexId) -> Option<Known> {
        self.state().existing.get(id).cloned()
    }

    /// Oids on the target of an existing index and its parts.
    pub(super) fn oids(&self, id: IndexId) -> Vec<ObjectId> {
        self.known(id).map(|known| known.physical.iter().map(|part| part.id).collect()).unwrap_or_default()
    }

    /// Notes a new index; its id.
    pub(super) fn define(&self, index: &Index) -> IndexId {
        let mut state = self.state();
        state.defined.push(Some(Arc::new(index.clone())));
        state.existing.len() + state.defined.len() - 1
    }

    /// Forgets a new index that was refused; its id stays taken.
    pub(super) fn refuse(&self, id: IndexId) {
        let mut state = self.state();
        let at = id.wrapping_sub(state.existing.len());
        if let Some(defined) = state.defined.get_mut(at) {
            *defined = None;
        }
    }

    /// A defined index.
    pub(super) fn defined(&self, id: IndexId) -> Result<Arc<Index>, String> {
        let state = self.state();
        let at = id.checked_sub(state.existing.len());
        let found = at.and_then(|at| state.defined.get(at)).cloned().flatten();
        found.ok_or_else(|| format!("index {id} was not defined, or refused"))
    }

    /// A table of the catalog.
    pub(super) fn table(&self, name: &ObjectName) -> Option<&Table> {
        self.body.catalog.tables.iter().find(|table| table.schema == name.schema && table.name == name.name)
    }

    /// Tables with rows of their own that an index is stored for: the table itself, or its partitions.
    pub(super) fn stored(&self, index: &Index) -> Result<Vec<&Table>, String> {
        let table = self.table(&index.table).ok_or_else(|| {
            format!("there is no table {}", Dialect::Postgres.qualified(&index.table.schema, &index.table.name))
        })?;
        match table.kind {
            TableKind::Partitioned => {
                let leaves = render::leaves(&self.body.catalog, table).into_iter();
                Ok(leaves.filter(|leaf| leaf.kind == TableKind::Table).collect())
            }
            TableKind::Table | TableKind::MaterializedView => Ok(vec![table]),
            _ => Err("only tables and materialized views can have indexes".to_owned()),
        }
    }

    /// Statements without a name that make an index, one for each table that it is stored for.
    pub(super) fn hypothetical(&self, id: IndexId) -> Result<Vec<String>, String> {
        let index = self.defined(id)?;
        let catalog = &self.body.catalog;
        let stored = self.stored(&index)?.into_iter();
        Ok(stored.map(|table| format!("CREATE INDEX {}", statement::body(&index, &catalog.qualified(table)))).collect())
    }

    /// The answer that a plan gives; `own` finds indexes that the place has made.
    pub(super) fn answer(&self, query: &Admitted, plan: &Plan, own: &dyn Fn(&str) -> Option<IndexId>) -> Planned {
        let by_name = Arc::clone(&self.state().by_name);
        read::planned(plan, &Lookup { by_name: &by_name, query, own })
    }
}

/// Finds indexes by their names in plans.
struct Lookup<'a> {
    by_name: &'a HashMap<String, Vec<(String, IndexId)>>,
    query: &'a Admitted,
    own: &'a dyn Fn(&str) -> Option<IndexId>,
}

impl read::Names for Lookup<'_> {
    fn find(&self, table: Option<&str>, index: &str) -> Option<IndexId> {
        (self.own)(index).or_else(|| {
            let named = self.by_name.get(index)?;
            let right = named.iter().find(|(of, _)| table.is_none_or(|table| table == of));
            right.map(|(_, id)| *id)
        })
    }

    fn alias(&self, _table: Option<&str>, alias: &str) -> String {
        if self.query.aliases.contains(alias) {
            return alias.to_owned();
        }
        // A partition has its parent's alias with a number.
        let parent = alias.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix('_');
        parent.filter(|parent| self.query.aliases.contains(*parent)).unwrap_or(alias).to_owned()
    }
}
