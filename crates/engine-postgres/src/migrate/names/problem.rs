//! What is told of a name that is not there, or that something has already.

use std::ops::Range;

use dbwright_core::near;
use dbwright_sql::Dialect;

use super::{Key, Kind};

/// A name that the server will not find, or will find in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it would be.
    pub what: What,
    /// The name.
    pub name: String,
    /// The schema, where one is meant for certain.
    pub schema: Option<String>,
    /// The table that it would be in, for columns and constraints.
    pub table: Option<Key>,
    /// Whether something has the name already; else nothing has it.
    pub taken: bool,
    /// The line of the earlier statement that made it, or after which it is gone.
    pub since: Option<usize>,
    /// The nearest names that are there.
    pub near: Vec<String>,
    /// All columns of the table, for a column that is not there.
    pub instead: Vec<String>,
    /// The clause's bytes in the statement.
    pub clause: Option<Range<usize>>,
    /// Whether a run of the same statement leaves the database like this: it drops or renames what is not there, or makes
    /// what is there alike.
    pub as_if_done: bool,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A table, view or whatever else has rows.
    Relation(Kind),
    /// A column.
    Column,
    /// A constraint.
    Constraint,
    /// A schema.
    Schema,
}

impl Problem {
    pub(super) fn missing(what: What, name: &str) -> Self {
        Self {
            what,
            name: name.to_owned(),
            schema: None,
            table: None,
            taken: false,
            since: None,
            near: Vec::new(),
            instead: Vec::new(),
            clause: None,
            as_if_done: false,
        }
    }

    pub(super) fn taken(what: What, name: &str) -> Self {
        Self { taken: true, ..Self::missing(what, name) }
    }

    /// The stable code of a refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match (self.taken, self.what) {
            (true, _) => "migrate.name-taken",
            (false, What::Relation(Kind::Index)) => "migrate.no-index",
            (false, What::Relation(_)) => "migrate.no-table",
            (false, What::Column) => "migrate.no-column",
            (false, What::Constraint) => "migrate.no-constraint",
            (false, What::Schema) => "migrate.no-schema",
        }
    }

    /// What is the matter, one sentence without its place.
    #[must_use]
    pub fn message(&self) -> String {
        let own = self.shown();
        match (self.taken, self.since) {
            (false, Some(0)) => {
                format!("there is no {} {own} any more: an earlier file took the name away", self.word())
            }
            (true, Some(0)) => format!("an earlier file makes {} {} {own} already", article(self.word()), self.word()),
            (false, Some(line)) => {
                format!("there is no {} {own} any more: the statement on line {line} took the name away", self.word())
            }
            (false, None) => format!("there is no {} {own}", self.word()),
            (true, Some(line)) => {
                format!("the statement on line {line} makes {} {} {own} already", article(self.word()), self.word())
            }
            (true, None) => format!("there is {} {} {own} already", article(self.word()), self.word()),
        }
    }

    /// What to do, one sentence each.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        if self.taken {
            let way = match self.what {
                What::Constraint => "give the new one another name, or drop the old one before",
                What::Relation(Kind::View) => "CREATE OR REPLACE takes its place; else give the new one another name",
                _ => "IF NOT EXISTS lets it be, where it is meant to be the same; else give the new one another name",
            };
            return vec![way.to_owned()];
        }
        let mut hints = Vec::new();
        if !self.near.is_empty() {
            hints.push(format!("did you mean {}?", self.near.join(" or ")));
        } else if !self.instead.is_empty() {
            hints.push(format!("its columns are {}", self.instead.join(", ")));
        } else if self.what == What::Schema && !self.as_if_done {
            let own = Dialect::Postgres.name(&self.name);
            hints.push(format!("make it in a statement before this one: CREATE SCHEMA {own}"));
        }
        hints
    }

    /// `schema.table.name`, for findings.
    #[must_use]
    pub fn subject(&self) -> String {
        let dialect = Dialect::Postgres;
        match (&self.table, &self.schema) {
            (Some((schema, table)), _) => dialect.subject(&[schema, table, &self.name]),
            (None, Some(schema)) => dialect.subject(&[schema, &self.name]),
            (None, None) => dialect.subject(&[&self.name]),
        }
    }

    /// The words for what it would be.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.what {
            What::Relation(kind) => kind.word(),
            What::Column => "column",
            What::Constraint => "constraint",
            What::Schema => "schema",
        }
    }

    fn shown(&self) -> String {
        let dialect = Dialect::Postgres;
        let own = dialect.name(&self.name);
        match (&self.table, &self.schema) {
            (Some(table), _) => format!("{own} of {}", shown(table)),
            (None, Some(schema)) => shown(&(schema.clone(), self.name.clone())),
            (None, None) => own,
        }
    }

    /// Looks among more names for the nearest ones.
    pub(crate) fn look_near<'a>(&mut self, known: impl IntoIterator<Item = &'a str>) {
        self.nearest(known);
        if let Some(schema) = &self.schema {
            let schema = Dialect::Postgres.name(schema);
            self.near.iter_mut().for_each(|name| *name = format!("{schema}.{name}"));
        }
    }

    pub(super) fn nearest<'a>(&mut self, known: impl IntoIterator<Item = &'a str>) {
        let found = near::near(&self.name, known);
        self.near = found.into_iter().map(|name| Dialect::Postgres.name(name)).collect();
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with('i') { "an" } else { "a" }
}

/// A relation's name for statements: the schema only where it is not `public`.
pub(super) fn shown((schema, name): &Key) -> String {
    let dialect = Dialect::Postgres;
    if schema == "public" { dialect.name(name) } else { dialect.qualified(schema, name) }
}
