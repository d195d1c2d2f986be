//! Which names are there before each statement of a run: what the server will not find, and what it will find in its way.
//!
//! One model for the plan, which begins with the live catalog, and for lint, which begins with a snapshot or with nothing.
//! It follows what statements make, rename and drop. A word too much would refuse what the server does without complaint, so
//! whatever is not certain (a `DO` block, a function, an extension, `CASCADE`) ends in silence, not in a guess.

mod check;
mod clauses;
mod create;
mod problem;
mod target;
mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use self::problem::{Problem, What};
pub(crate) use self::words::schemas;
use crate::ddl::{Act, Name};

/// Schema and name.
pub type Key = (String, String);

/// The schema of a session's own tables.
pub(crate) const TEMPORARY: &str = "pg_temp";

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A table of any sort.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// An index.
    Index,
    /// A sequence.
    Sequence,
    /// A composite type.
    Type,
}

impl Kind {
    /// What people call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Index => "index",
            Self::Sequence => "sequence",
            Self::Type => "type",
        }
    }

    /// That of `pg_class.relkind`.
    #[must_use]
    pub fn of(relkind: &str) -> Self {
        match relkind {
            "v" => Self::View,
            "m" => Self::MaterializedView,
            "i" | "I" => Self::Index,
            "S" => Self::Sequence,
            "c" => Self::Type,
            _ => Self::Table,
        }
    }
}

/// A relation.
#[derive(Debug, Clone)]
pub struct Relation {
    /// What it is.
    pub kind: Kind,
    /// Its columns; none when they are not known.
    pub columns: Option<BTreeSet<String>>,
    /// Its constraints; none when they are not known.
    pub constraints: Option<BTreeSet<String>>,
    /// Whether it may have more constraints than those.
    pub more_constraints: bool,
    /// The table of an index or of a column's sequence.
    pub on: Option<Key>,
    /// Whether it is a partition or inherits.
    pub child: bool,
    /// Whether it is partitioned, or others inherit from it.
    pub parent: bool,
    /// Whether it stands there whole: no invalid index, nothing that only may be there.
    pub certain: bool,
    /// The line of the run's statement that makes it.
    pub line: Option<usize>,
}

impl Relation {
    /// A relation of which nothing else is known.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            columns: None,
            constraints: None,
            more_constraints: false,
            on: None,
            child: false,
            parent: false,
            certain: true,
            line: None,
        }
    }
}

/// The names that are there.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub(crate) relations: BTreeMap<Key, Relation>,
    /// Schemas; none when they are not known.
    pub(crate) schemas: Option<BTreeSet<String>>,
    /// Where unqualified names are looked up: the path at the start, and those that the run sets.
    pub(crate) path: Vec<String>,
    /// The schema in which unqualified names are made; none when that is not certain.
    pub(crate) home: Option<String>,
    /// Whether what is not in `relations` is not there.
    pub(crate) known: bool,
    /// Whether the search path is that of the session which runs the statements.
    pub(crate) own_path: bool,
    /// The path and the home that each file begins with.
    start: (Vec<String>, Option<String>),
    /// Whether a statement set the path: then a name that several schemas of it have may be any of them.
    path_set: bool,
    /// What has lost its name, with the statement's line; 0 when another file did it.
    gone: BTreeMap<Key, usize>,
    /// Tables for whose parts the server chose names.
    numbered: BTreeSet<String>,
    /// Whether nobody knows any more what is there.
    opaque: bool,
    /// Whether more may be gone than is known.
    shrunk: bool,
    /// Tables that lost columns, and with them indexes and constraints.
    worn: BTreeSet<Key>,
    /// Whether a table with children was changed, and its children with it.
    children_changed: bool,
    /// What a script made that was not there, and dropped that was: it was not run before.
    pub(crate) fresh: usize,
}

/// What a name leads to.
enum Found {
    There(Key),
    Absent,
    Unknown,
}

impl Names {
    /// Looks at a statement and takes in what it does.
    pub fn pass(&mut self, acts: &[Act], sql: &str, line: usize) -> Vec<Problem> {
        let mut found = Vec::new();
        for act in acts {
            if self.opaque {
                break;
            }
            self.act(act, sql, line, &mut found);
        }
        found.dedup();
        found
    }

    /// Whether nobody knows any more what is there.
    pub(crate) const fn is_opaque(&self) -> bool {
        self.opaque
    }

    /// Another file begins, with a session of its own.
    pub(crate) fn next_file(&mut self) {
        (self.path, self.home) = self.start.clone();
        self.path_set = false;
        self.relations.retain(|key, _| key.0 != TEMPORARY);
        // Lines of another file say nothing.
        self.relations.values_mut().for_each(|one| one.line = one.line.map(|_| 0));
        self.gone.values_mut().for_each(|line| *line = 0);
    }

    /// Names on this path, of which the first is the home of what is made.
    pub(crate) fn on(path: Vec<String>, home: Option<String>) -> Self {
        Self { start: (path.clone(), home.clone()), path, home, ..Self::default() }
    }

    /// Where a name leads to.
    fn find(&self, name: &Name) -> Found {
        if name.name.is_empty() {
            return Found::Unknown;
        }
        if let Some(schema) = &name.schema {
            let key = (schema.clone(), name.name.clone());
            return if self.relations.contains_key(&key) {
                Found::There(key)
            } else if is_system(schema) || !(self.known || self.gone.contains_key(&key)) {
                Found::Unknown
            } else {
                Found::Absent
            };
        }
        let places = [TEMPORARY, "pg_catalog"].into_iter().chain(self.path.iter().map(String::as_str));
        let keys = places.map(|schema| (schema.to_owned(), name.name.clone()));
        let mut there = keys.filter(|key| self.relations.contains_key(key));
        if let Some(key) = there.next() {
            let unclear = self.path_set && key.0 != TEMPORARY && there.next().is_some();
            return if unclear { Found::Unknown } else { Found::There(key) };
        }
        let elsewhere = || self.relations.keys().any(|key| key.1 == name.name);
        if name.name.starts_with("pg_") || (!self.own_path && elsewhere()) {
            Found::Unknown
        } else if self.known || self.lost(name).is_some() {
            Found::Absent
        } else {
            Found::Unknown
        }
    }

    /// The line after which nothing has a name any more.
    fn lost(&self, name: &Name) -> Option<usize> {
        let in_schema = |schema: &String| self.gone.get(&(schema.clone(), name.name.clone())).copied();
        match &name.schema {
            Some(schema) => in_schema(schema),
            None => self.path.iter().find_map(in_schema),
        }
    }

    /// Where a name would be made; none when that is not certain.
    fn place(&self, name: &Name, temporary: bool) -> Option<Key> {
        let schema =
            if temporary { TEMPORARY.to_owned() } else { name.schema.clone().or_else(|| self.home.clone())? };
        Some((schema, name.name.clone()))
    }

    /// Makes a relation; where its schema is not certain, it may be in any of the path.
    fn make(&mut self, name: &Name, temporary: bool, relation: Relation) {
        if name.name.is_empty() {
            return;
        }
        if let Some(key) = self.place(name, temporary) {
            self.gone.remove(&key);
            self.relations.insert(key, relation);
            return;
        }
        for schema in self.path.clone() {
            let key = (schema, name.name.clone());
            self.gone.remove(&key);
            let maybe = Relation { columns: None, constraints: None, certain: false, ..relation.clone() };
            self.relations.entry(key).or_insert(maybe);
        }
    }

    /// Takes a relation away, with what belongs to it.
    fn remove(&mut self, key: &Key, line: usize) {
        self.relations.remove(key);
        self.gone.insert(key.clone(), line);
        let own: Vec<Key> =
            self.relations.iter().filter(|(_, one)| one.on.as_ref() == Some(key)).map(|(key, _)| key.clone()).collect();
        for part in own {
            self.relations.remove(&part);
            self.gone.insert(part, line);
        }
    }

    /// Gives a relation another name or schema; its indexes and sequences go with it.
    fn rename(&mut self, key: &Key, to: Key, line: usize) {
        let Some(mut relation) = self.relations.remove(key) else { return };
        relation.line = Some(line);
        self.gone.insert(key.clone(), line);
        self.gone.remove(&to);
        let own: Vec<Key> =
            self.relations.iter().filter(|(_, one)| one.on.as_ref() == Some(key)).map(|(key, _)| key.clone()).collect();
        for part in own {
            if let Some(mut one) = self.relations.remove(&part) {
                one.on = Some(to.clone());
                self.relations.insert((to.0.clone(), part.1), one);
            }
        }
        if self.worn.contains(key) {
            self.worn.insert(to.clone());
        }
        if self.numbered.contains(&key.1) {
            self.numbered.insert(to.1.clone());
        }
        self.relations.insert(to, relation);
    }

    /// Whether the server may have given this name to a part of a table.
    fn may_be_chosen(&self, name: &str) -> bool {
        // Long names are cut where both halves fit.
        let start = |table: &String| table.chars().take(25).collect::<String>();
        self.numbered.iter().any(|table| name.starts_with(&start(table)))
    }
}

/// All names in a text, keywords too.
pub(crate) fn words_of(sql: &str) -> impl Iterator<Item = String> {
    words::names(sql)
}

/// Whether a schema is the server's own, or one that is not looked into.
fn is_system(schema: &str) -> bool {
    schema.starts_with("pg_") || schema == "information_schema"
}
