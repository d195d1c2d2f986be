//! Names that a statement gets wrong: what the server will not find, or will find in its way. Where that can be known before
//! anything is done, it is told then; which names are there is the engine's to know.

use std::collections::BTreeSet;

use dbwright_core::{Failure, near};
use dbwright_sql::Dialect;

use crate::files::checksum;
use crate::observed::Observed;
use crate::script::{Script, Statement};

/// Schema and name.
pub type Key = (String, String);

/// A name that the server will not find, or will find in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it would be.
    pub what: What,
    /// The name.
    pub name: String,
    /// How the engine writes names.
    pub dialect: Dialect,
    /// The schema, where it has to be said.
    pub schema: Option<String>,
    /// The table that it would be in; its schema is empty where it needs not be said.
    pub table: Option<Key>,
    /// Whether something has the name already; else nothing has it.
    pub taken: bool,
    /// The line of the earlier statement that made it, or after which it is gone; 0 when another file did it.
    pub since: Option<usize>,
    /// The nearest names that are there, as they are written.
    pub near: Vec<String>,
    /// All names that the table has of this kind, as they are written, for one that is not there.
    pub instead: Vec<String>,
    /// What to do where the name is taken.
    pub way: &'static str,
    /// The clause's first byte in the statement.
    pub clause: Option<usize>,
    /// Whether a run of the same statement leaves the database like this: it drops or renames what is not there, or makes
    /// what is there alike.
    pub as_if_done: bool,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A table, view or whatever else has rows, by the word for it.
    Relation(&'static str),
    /// A column.
    Column,
    /// An index.
    Index,
    /// A constraint, by the word for it.
    Constraint(&'static str),
}

impl Problem {
    /// A name that nothing has.
    #[must_use]
    pub fn missing(what: What, name: &str, dialect: Dialect) -> Self {
        Self {
            what,
            name: name.to_owned(),
            dialect,
            schema: None,
            table: None,
            taken: false,
            since: None,
            near: Vec::new(),
            instead: Vec::new(),
            way: "give the new one another name",
            clause: None,
            as_if_done: false,
        }
    }

    /// A name that something has.
    #[must_use]
    pub fn taken(what: What, name: &str, dialect: Dialect) -> Self {
        Self { taken: true, ..Self::missing(what, name, dialect) }
    }

    /// The stable code of a refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match (self.taken, self.what) {
            (true, _) => "migrate.name-taken",
            (false, What::Relation(_)) => "migrate.no-table",
            (false, What::Column) => "migrate.no-column",
            (false, What::Index) => "migrate.no-index",
            (false, What::Constraint(_)) => "migrate.no-constraint",
        }
    }

    /// What is the matter, one sentence without its place.
    #[must_use]
    pub fn message(&self) -> String {
        let (own, word) = (self.shown(), self.word());
        match (self.taken, self.since) {
            (false, Some(0)) => format!("there is no {word} {own} any more: an earlier file took the name away"),
            (false, Some(line)) => {
                format!("there is no {word} {own} any more: the statement on line {line} took the name away")
            }
            (false, None) => format!("there is no {word} {own}"),
            (true, Some(0)) => format!("an earlier file makes {} {word} {own} already", article(word)),
            (true, Some(line)) => format!("the statement on line {line} makes {} {word} {own} already", article(word)),
            (true, None) => format!("there is {} {word} {own} already", article(word)),
        }
    }

    /// What to do, one sentence each.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        if self.taken {
            vec![self.way.to_owned()]
        } else if !self.near.is_empty() {
            vec![format!("did you mean {}?", self.near.join(" or "))]
        } else if !self.instead.is_empty() {
            let many = if self.what == What::Column { "columns" } else { "names" };
            vec![format!("its {many} are {}", self.instead.join(", "))]
        } else {
            Vec::new()
        }
    }

    /// `schema.table.name`, for findings.
    #[must_use]
    pub fn subject(&self) -> String {
        let (schema, table) = match (&self.table, &self.schema) {
            (Some((schema, table)), _) => (schema.as_str(), table.as_str()),
            (None, schema) => (schema.as_deref().unwrap_or_default(), ""),
        };
        let parts: Vec<&str> = [schema, table, &self.name].into_iter().filter(|part| !part.is_empty()).collect();
        self.dialect.subject(&parts)
    }

    /// The word for what it would be.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.what {
            What::Relation(word) | What::Constraint(word) => word,
            What::Column => "column",
            What::Index => "index",
        }
    }

    /// Looks for the nearest of the names that are there.
    pub fn look_near<'a>(&mut self, known: impl IntoIterator<Item = &'a str>) {
        let found = near::near(&self.name, known);
        self.near = found.into_iter().map(|name| self.written(self.schema.as_deref(), name)).collect();
    }

    fn shown(&self) -> String {
        let own = self.written(self.schema.as_deref().filter(|_| self.table.is_none()), &self.name);
        match &self.table {
            Some((schema, table)) => format!("{own} of {}", self.written(Some(schema), table)),
            None => own,
        }
    }

    fn written(&self, schema: Option<&str>, name: &str) -> String {
        match schema.filter(|schema| !schema.is_empty()) {
            Some(schema) => self.dialect.qualified(schema, name),
            None => self.dialect.name(name),
        }
    }

    /// The message with file and line.
    #[must_use]
    pub fn told(&self, statement: &Statement) -> String {
        format!("{}: {}", statement.place(self.clause.unwrap_or_default()), self.message())
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with('i') { "an" } else { "a" }
}

/// The refusal for what was found in a run's statements; none when nothing was.
#[must_use]
pub fn refusal(found: &[(&Statement, Problem)]) -> Option<Failure> {
    let ((statement, first), more) = found.split_first()?;
    let mut failure = Failure::usage(first.code(), first.told(statement));
    failure.hints = first.hints();
    let more: Vec<String> = more.iter().map(|(statement, problem)| problem.told(statement)).collect();
    Some(if more.is_empty() { failure } else { failure.excerpt(format!("and:\n{}", more.join("\n"))) })
}

/// The files that a target has already: by the journal, and where that holds nothing, those up to the last one whose work is
/// there to be seen.
#[must_use]
pub fn done(journal: &Observed, scripts: &[Script], looks_done: impl Fn(&Script) -> bool) -> BTreeSet<String> {
    let seen: BTreeSet<&str> = journal
        .migrations
        .iter()
        .filter(|one| one.in_effect() || one.unfinished())
        .map(|one| one.checksum.as_str())
        .collect();
    if seen.is_empty() {
        let last = scripts.iter().rposition(looks_done);
        return last.map(|at| scripts[..=at].iter().map(|script| script.file.clone()).collect()).unwrap_or_default();
    }
    let has = |script: &&Script| seen.contains(checksum(script.text.as_bytes()).as_str());
    scripts.iter().filter(has).map(|script| script.file.clone()).collect()
}
