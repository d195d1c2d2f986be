//! Which names are there before each statement of a run: what the server will not find, and what it will find in its way.
//!
//! DDL is not transactional here: a file whose third statement is refused leaves two done. So this is looked at before anything
//! is: by the plan, which begins with the live catalog, and by lint, which begins with a snapshot or with nothing. The tables are
//! those of lint's world, and change as it changes them. A word too much would refuse what the server does without complaint, so
//! whatever is not certain (`CALL`, a prepared statement, a database that is not looked into) ends in silence, not in a guess.

mod asked;
mod check;
mod clauses;
mod constraints;
mod create;
mod live;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use dbwright_migrate::names::{Key, Problem, What};
use dbwright_migrate::{Script, Statement};
use dbwright_sql::Dialect;
use dbwright_sql::model::TableKind;

pub(super) use self::live::check;
use super::lint::{TableRef, World};
use super::parse::act;
use super::text::cursor::Name;
use crate::body::Body;

/// The names that are there.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// Tables; [`World::known`] says whether what is not among them is not there.
    world: World,
    /// Views and sequences, which share their names with tables: by the word for what they are.
    others: BTreeMap<Key, &'static str>,
    /// The databases that are looked into; none for all.
    schemas: Option<BTreeSet<String>>,
    /// The database of names without one when a file begins.
    home: String,
    /// What the session's own tables hide.
    hidden: BTreeMap<Key, Option<TableRef>>,
    /// What the run made, with the statement's line; 0 when another file did it.
    made: BTreeMap<Key, usize>,
    /// What has lost its name, likewise.
    gone: BTreeMap<Key, usize>,
    /// What may be there or not.
    unsure: BTreeSet<Key>,
    /// Tables for whose parts the server chose names.
    chosen: BTreeSet<Key>,
    /// Whether the file has turned the checks of foreign keys off: then a table need not be there to be referred to.
    unchecked: bool,
    /// Constraints of tables that no statement names: by schema, word and name in lower case, the table.
    constraints: BTreeMap<(String, &'static str, String), String>,
    /// Whether the names of CHECKs are the schema's, as on MySQL; on MariaDB they are the table's own.
    checks_of_schema: bool,
    /// Whether nobody knows any more what is there.
    opaque: bool,
    /// What a script made that was not there, and dropped that was: it was not run before.
    fresh: usize,
}

/// What a name leads to.
enum Found {
    Table(Key),
    Other(&'static str),
    Absent,
    Unknown,
}

impl Names {
    /// The names of a world: what a target shows when it has one; `whole` says whether it shows all that is there.
    pub(super) fn of(world: &World, body: Option<&Body>, whole: bool) -> Self {
        let mut names = Self { home: world.home.clone(), world: world.clone(), ..Self::default() };
        let Some(body) = body else { return names };
        names.world.known = whole;
        names.checks_of_schema = body.server.is_mysql();
        names.schemas = Some(body.schemas.iter().map(|schema| names.world.fold(&schema.name)).collect());
        for table in &body.catalog.tables {
            let word = match table.kind {
                TableKind::View => "view",
                TableKind::Virtual => "sequence",
                _ => continue,
            };
            let key = names.world.key(&Name { schema: Some(table.schema.clone()), name: table.name.clone() });
            names.world.tables.remove(&key);
            names.others.insert(key, word);
        }
        names
    }

    /// Looks at a statement and takes in what it does.
    pub(super) fn pass(&mut self, sql: &str, line: usize) -> Vec<Problem> {
        let mut found = Vec::new();
        if !self.opaque {
            self.act(&act(sql), sql, line, &mut found);
        }
        found.sort_by_key(|one| one.clause);
        found.dedup();
        found
    }

    /// Another file begins, with a session of its own.
    pub(super) fn next_file(&mut self) {
        self.world.home.clone_from(&self.home);
        self.unchecked = false;
        for (key, below) in std::mem::take(&mut self.hidden) {
            self.uncover(&key, below);
        }
        // Lines of another file say nothing.
        self.made.values_mut().chain(self.gone.values_mut()).for_each(|line| *line = 0);
    }

    /// Whether a script leaves nothing to be done, and has something that is done: it was run before.
    pub(super) fn looks_done(&self, script: &Script) -> bool {
        let mut names = Self { fresh: 0, ..self.clone() };
        let pass = |statement: &Statement| names.pass(&statement.sql, statement.line);
        let done = script.statements.iter().flat_map(pass).filter(|one| one.as_if_done).count();
        done > 0 && names.fresh == 0
    }

    /// Where a name leads to.
    fn find(&self, name: &Name) -> Found {
        let key = self.world.key(name);
        if self.world.tables.contains_key(&key) {
            return Found::Table(key);
        }
        if let Some(word) = self.others.get(&key) {
            return Found::Other(word);
        }
        let looked = self.schemas.as_ref().is_none_or(|schemas| schemas.contains(&key.0));
        let known = self.world.known && looked && !key.0.is_empty();
        if self.unsure.contains(&key) || !(known || self.gone.contains_key(&key)) {
            Found::Unknown
        } else {
            Found::Absent
        }
    }

    /// A relation of a name that is not there.
    fn absent(&self, word: &'static str, name: &Name) -> Problem {
        let key = self.world.key(name);
        let mut problem = Problem::missing(What::Relation(word), &name.name, Dialect::Mysql);
        problem.schema = self.schema_of(&key);
        problem.since = self.gone.get(&key).copied();
        // What has lost its name says where it went; nothing near is meant.
        if problem.since.is_none() {
            let here = |(schema, _): &Key| *schema == key.0;
            let tables = self.world.tables.iter().filter(|(key, _)| here(key)).map(|(_, table)| table.name.as_str());
            let others = self.others.keys().filter(|key| here(key)).map(|key| key.1.as_str());
            problem.look_near(tables.chain(others));
        }
        problem
    }

    /// A relation that has a name already.
    fn occupied(&self, key: &Key, name: &Name) -> Option<Problem> {
        let word = match self.others.get(key) {
            Some(word) => word,
            None if self.world.tables.contains_key(key) => "table",
            None => return None,
        };
        let mut problem = Problem::taken(What::Relation(word), &name.name, Dialect::Mysql);
        (problem.schema, problem.since) = (self.schema_of(key), self.made.get(key).copied());
        (!self.unsure.contains(key)).then_some(problem)
    }

    /// The schema of a name where it has to be said: it is not that of names without one.
    fn schema_of(&self, key: &Key) -> Option<String> {
        (key.0 != self.world.fold(&self.world.home)).then(|| key.0.clone())
    }

    /// The table that something is in, for messages.
    fn of_table(&self, key: &Key) -> Key {
        let name = self.world.tables.get(key).map_or(&key.1, |table| &table.name);
        (self.schema_of(key).unwrap_or_default(), name.clone())
    }

    fn took(&mut self, key: &Key, line: usize) {
        self.made.remove(key);
        self.others.remove(key);
        self.gone.insert(key.clone(), line);
    }

    fn made(&mut self, key: Key, line: usize) {
        self.gone.remove(&key);
        self.unsure.remove(&key);
        self.made.insert(key, line);
    }

    /// What a table of the session's own has hidden shows again.
    fn uncover(&mut self, key: &Key, below: Option<TableRef>) {
        self.world.tables.remove(key);
        if let Some(table) = below {
            self.world.tables.insert(key.clone(), table);
        }
    }
}
