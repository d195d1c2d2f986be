//! What a rule looks at: one statement of a script, and the state before it.

use crate::migrate::LockMode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dbwright_core::Location;
use dbwright_migrate::lint::{LintOptions, Verdict, Verdicts};
use dbwright_migrate::{Script, lint};

use super::effect;
use super::expression::{self, Volatility};
use super::locks::Taken;
use super::target;
use super::world::{Origin, Table, World};
use super::{OLDEST, TableRef};
use crate::body::PgBody;
use crate::ddl::{
    self, Act, Action, Clause, Column, ColumnConstraint, Constraint, ConstraintKind, CreateIndex, Inner, Object,
};
use crate::migrate::names::{self, Names, Problem};

/// What rules look at.
#[derive(Debug)]
pub struct Scene {
    /// The database before the statement.
    pub world: World,
    /// The server's major version, or the oldest that is assumed.
    pub version: u32,
    /// Whether the version is that of a target.
    pub version_known: bool,
    /// The file as the user named it.
    pub file: String,
    /// Whether another tool than `dbwright migrate apply` runs the file, as it is.
    pub as_is: bool,
    /// The whole text of the file.
    pub text: Arc<str>,
    /// The statements of the script.
    pub lines: Vec<Line>,
    /// The statement that is looked at.
    pub at: usize,
    /// Which part of it: 0 the statement itself, n the nth statement inside its `DO` block.
    pub part: usize,
    /// What the target's parser says of statements that ours does not know.
    verdicts: Verdicts,
    /// What the statement names that is not there, or that something has already.
    pub problems: Vec<Problem>,
    /// The schemas that are looked in when a file begins.
    path: Vec<String>,
    /// The names that are there.
    names: Names,
    /// Files that the target has already: nothing is told of their names.
    done: BTreeSet<String>,
    /// The statement up to which names are followed.
    followed: Option<usize>,
    /// The transaction that is open before the statement.
    pub transaction: Option<Transaction>,
    /// Settings that the file made, by name; those of `SET LOCAL` until the transaction ends.
    pub settings: BTreeMap<String, String>,
    pub(super) local: BTreeMap<String, String>,
}

/// A statement of the script.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its text.
    pub sql: String,
    /// First byte in the file.
    pub start: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What it does.
    pub acts: Vec<Act>,
    /// What stands inside its `DO` block.
    pub inner: Vec<Inner>,
    /// First byte of the block's body in the statement.
    pub body: usize,
}

/// An open transaction.
#[derive(Debug, Clone, Default)]
pub struct Transaction {
    /// Whether the file says `BEGIN`; else the user's tool makes it.
    pub explicit: bool,
    /// Locks that earlier statements took and that are held until its end, with the line of the statement.
    pub locks: Vec<(Taken, usize)>,
    /// Constraints added `NOT VALID` in it: subject of the table, name.
    pub unvalidated: Vec<(String, String)>,
}

/// A constraint that a statement adds to a table, by `ADD CONSTRAINT` or with a new column.
#[derive(Debug, Clone)]
pub struct Added<'a> {
    /// The table before the statement.
    pub table: TableRef,
    /// The clause.
    pub clause: &'a Clause,
    /// Its name, when written.
    pub name: Option<String>,
    /// What it demands.
    pub kind: ConstraintKind,
    /// Whether existing rows are left unchecked (`NOT VALID`, `NOT ENFORCED`).
    pub unchecked: bool,
    /// The constraint as written, without its name and `NOT VALID`.
    pub definition: String,
    /// The new column that it stands at.
    pub column: Option<&'a Column>,
}

impl Scene {
    /// The scene before the first script.
    pub(super) fn new(body: Option<&PgBody>, options: &LintOptions, scripts: &[Script]) -> Self {
        let version = options.major();
        let target = body.and_then(|body| u32::try_from(body.server.major()).ok());
        let world =
            body.map_or_else(|| World { search_path: vec!["public".to_owned()], ..World::default() }, target::world);
        let names = body.map_or_else(Names::unknown, |body| Names::of(body, &world.search_path));
        let done = body.map(|body| names.done(&body.migrations, scripts)).unwrap_or_default();
        Self {
            path: world.search_path.clone(),
            world,
            version: target.or(version).unwrap_or(OLDEST),
            version_known: target.or(version).is_some(),
            file: String::new(),
            as_is: false,
            text: Arc::from(""),
            lines: Vec::new(),
            at: 0,
            part: 0,
            verdicts: options.verdicts.clone(),
            problems: Vec::new(),
            names,
            done,
            followed: None,
            transaction: None,
            settings: BTreeMap::new(),
            local: BTreeMap::new(),
        }
    }

    /// What the statement, or the part of it, does.
    #[must_use]
    pub fn acts(&self) -> &[Act] {
        let line = &self.lines[self.at];
        self.part.checked_sub(1).map_or(&line.acts, |part| &line.inner[part].acts)
    }

    /// The text of the statement, or of the part.
    #[must_use]
    pub fn sql(&self) -> &str {
        let line = &self.lines[self.at];
        self.part.checked_sub(1).map_or(&line.sql, |part| &line.inner[part].sql)
    }

    /// The statements of the script after this one.
    #[must_use]
    pub fn after(&self) -> &[Line] {
        &self.lines[(self.at + 1).min(self.lines.len())..]
    }

    /// All acts of the script after this statement, those inside of blocks included.
    pub fn later_acts(&self) -> impl Iterator<Item = &Act> {
        self.after().iter().flat_map(|line| line.acts.iter().chain(line.inner.iter().flat_map(|inner| &inner.acts)))
    }

    /// Why the reader does not know the statement, when it does not.
    #[must_use]
    pub fn unknown(&self) -> Option<&str> {
        self.lines[self.at].acts.iter().find_map(|act| match act {
            Act::Other { unread, .. } => unread.as_deref(),
            _ => None,
        })
    }

    /// What the target's parser says of a statement that the reader does not know, when it was asked.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdicts.get(&(self.file.clone(), self.lines[self.at].start))
    }

    /// Whether the statement runs in a transaction with others.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some() || self.part > 0
    }

    /// A setting that the file made, when it did.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.local.get(name).or_else(|| self.settings.get(name)).map(String::as_str)
    }

    /// Whether waiting for a lock ends by itself.
    #[must_use]
    pub fn lock_timeout(&self) -> bool {
        self.setting("lock_timeout").is_some_and(|value| !matches!(value, "0" | "DEFAULT" | "0s" | "0ms"))
    }

    /// Whether the session's time zone is UTC, as far as that is known.
    #[must_use]
    pub fn utc(&self) -> Option<bool> {
        self.setting("timezone").map(is_utc).or(self.world.utc)
    }

    /// How a default behaves from row to row, and the function that makes it so.
    #[must_use]
    pub fn volatility(&self, expression: &str) -> (Volatility, Option<String>) {
        expression::volatility(expression, &self.world.functions)
    }

    /// Whether the server is of a version or later, as far as that is known.
    #[must_use]
    pub const fn at_least(&self, version: u32) -> bool {
        self.version >= version
    }

    /// The place of a clause.
    #[must_use]
    pub fn place_of(&self, clause: &Clause) -> Location {
        self.place_at(clause.range.start)
    }

    /// The place of a byte of the statement, or of the part.
    #[must_use]
    pub fn place_at(&self, offset: usize) -> Location {
        let line = &self.lines[self.at];
        let part = self.part.checked_sub(1).map(|part| &line.inner[part]);
        // The text of an EXECUTE is found in its string, whose bytes may be others.
        let inside = part.map_or(offset, |inner| {
            let same = line.sql.get(line.body + inner.range.start..).is_some_and(|rest| rest.starts_with(&inner.sql));
            line.body + inner.range.start + if same { offset } else { 0 }
        });
        let passed = self.text.get(line.start..line.start + inside).unwrap_or_default();
        let (row, column) = match passed.rfind('\n') {
            None => (line.line, line.column + passed.chars().count()),
            Some(last) => (line.line + passed.matches('\n').count(), passed[last + 1..].chars().count() + 1),
        };
        Location { file: self.file.clone(), line: row, column }
    }

    /// The clauses of `ALTER TABLE` with the table before it; all of them, whatever the table is.
    pub fn clauses(&self) -> impl Iterator<Item = (TableRef, &Clause)> {
        self.acts().iter().flat_map(|act| match act {
            Act::Alter { object: Object::Table, name, clauses, if_exists, .. }
                if !(*if_exists && self.world.lacks(name)) =>
            {
                let table = self.world.table(name);
                clauses.iter().map(|clause| (Arc::clone(&table), clause)).collect()
            }
            _ => Vec::new(),
        })
    }

    /// The clauses on tables that can be in use and hold rows.
    pub fn busy_clauses(&self) -> impl Iterator<Item = (TableRef, &Clause)> {
        self.clauses().filter(|(table, _)| !table.quiet())
    }

    /// The columns that are added to tables that can be in use and hold rows.
    pub fn added_columns(&self) -> impl Iterator<Item = (TableRef, &Clause, &Column)> {
        self.busy_clauses().filter_map(|(table, clause)| match &clause.action {
            Action::AddColumn { column, if_not_exists } => {
                let there = *if_not_exists && table.column(&column.name).is_some();
                (!there).then_some((table, clause, column))
            }
            _ => None,
        })
    }

    /// The constraints that are added to tables that can be in use and hold rows.
    pub fn added_constraints(&self) -> impl Iterator<Item = Added<'_>> {
        self.busy_clauses().flat_map(|(table, clause)| added(&table, clause))
    }

    /// The indexes that are made on tables that can be in use and hold rows.
    pub fn created_indexes(&self) -> impl Iterator<Item = (TableRef, &CreateIndex)> {
        let indexes = self.acts().iter().filter_map(|act| match act {
            Act::CreateIndex(index) if !self.has_it(index) => Some((self.world.table(&index.table), index)),
            _ => None,
        });
        indexes.filter(|(table, _)| !table.quiet())
    }

    /// Whether `IF NOT EXISTS` finds the index.
    fn has_it(&self, index: &CreateIndex) -> bool {
        let schema = self.world.table(&index.table).schema.clone();
        let name = |name: &String| crate::ddl::Name { schema: Some(schema), name: name.clone() };
        index.if_not_exists && index.name.as_ref().map(name).is_some_and(|name| self.world.index(&name).is_some())
    }

    /// The strongest lock that the open transaction holds on tables in use, and the line that took it.
    #[must_use]
    pub fn strongest_held(&self) -> Option<(&Table, LockMode, usize)> {
        let locks = self.transaction.iter().flat_map(|transaction| &transaction.locks);
        let strongest = locks.max_by_key(|(taken, _)| taken.mode)?;
        Some((&strongest.0.table, strongest.0.mode, strongest.1))
    }
}

impl Scene {
    /// What a file sets `search_path` to.
    pub(super) fn look_in(&mut self, value: &str) {
        let schemas: Vec<String> = names::schemas(value).collect();
        self.world.search_path = if schemas == ["DEFAULT"] { self.path.clone() } else { schemas };
    }
}

impl lint::Scene for Scene {
    fn assumptions(&self) -> Vec<String> {
        if self.world.known {
            return Vec::new();
        }
        let version = if self.version_known {
            format!("the server is PostgreSQL {}", self.version)
        } else {
            format!("the server is PostgreSQL {OLDEST} or later")
        };
        vec![
            version,
            "tables that the file does not make are large and in use".to_owned(),
            "the session's time zone is not UTC".to_owned(),
        ]
    }

    fn open(&mut self, script: &Script, in_transaction: bool, as_is: bool) {
        self.as_is = as_is;
        self.file.clone_from(&script.file);
        self.text = Arc::clone(&script.text);
        self.lines = script.statements.iter().map(line).collect();
        self.transaction = in_transaction.then(Transaction::default);
        self.settings.clear();
        self.local.clear();
        self.world.search_path.clone_from(&self.path);
        self.names.next_file();
        self.followed = None;
    }

    fn close(&mut self) {
        let known = self.world.known;
        for table in self.world.tables.values_mut().filter(|table| table.origin == Origin::Here) {
            let table = Arc::make_mut(table);
            // A file that is not applied yet makes it, so that the target holds no row of it.
            table.empty = known && !table.in_target;
            table.origin = Origin::Earlier;
        }
        self.world.tables.retain(|_, table| !table.temporary);
        let made = |table: &Table| table.indexes.iter().any(|one| one.here) || table.columns.iter().any(|one| one.here);
        for table in self.world.tables.values_mut().filter(|table| made(table)) {
            let table = Arc::make_mut(table);
            table.indexes.iter_mut().for_each(|index| index.here = false);
            table.columns.iter_mut().for_each(|column| column.here = false);
        }
        self.transaction = None;
    }

    fn stand(&mut self, statement: usize, part: usize) {
        (self.at, self.part) = (statement, part);
        if self.done.contains(&self.file) || self.followed.replace(statement) == Some(statement) {
            self.problems.clear();
            return;
        }
        let line = &self.lines[statement];
        self.problems = self.names.pass(&line.acts, &line.sql, line.line);
    }

    fn pass(&mut self) {
        effect::pass(self);
    }

    fn inner(&self, statement: usize) -> usize {
        self.lines[statement].inner.len()
    }

    fn here(&self) -> Location {
        self.place_at(0)
    }

    fn unread(&self) -> Option<String> {
        // All others are findings.
        self.unknown().filter(|_| matches!(self.verdict(), Some(Verdict::Reads))).map(str::to_owned)
    }
}

/// Whether a time zone is one without any offset.
pub(super) fn is_utc(zone: &str) -> bool {
    let zone = zone.to_ascii_lowercase();
    matches!(zone.as_str(), "utc" | "etc/utc" | "gmt" | "etc/gmt" | "zulu" | "universal" | "etc/universal" | "0")
}

/// Reads a statement, and what stands inside of it.
fn line(statement: &dbwright_migrate::Statement) -> Line {
    let acts = ddl::read(&statement.sql)
        .unwrap_or_else(|error| vec![Act::Other { words: String::new(), unread: Some(error.message) }]);
    let block = acts.iter().find_map(|act| match act {
        Act::Do { language, body } => Some((language, body)),
        _ => None,
    });
    let inner = block.map(|(language, body)| ddl::read_body(language, body)).unwrap_or_default();
    let body = block.and_then(|(_, body)| statement.sql.find(body.as_str())).unwrap_or(0);
    Line {
        sql: statement.sql.clone(),
        start: statement.range.start,
        line: statement.line,
        column: statement.column,
        inner,
        body,
        acts,
    }
}

/// The constraints of a clause.
fn added<'a>(table: &TableRef, clause: &'a Clause) -> Vec<Added<'a>> {
    match &clause.action {
        Action::AddConstraint(constraint) => vec![of_table(table, clause, constraint)],
        Action::AddColumn { column, .. } => {
            column.constraints.iter().filter_map(|one| of_column(table, clause, column, one)).collect()
        }
        _ => Vec::new(),
    }
}

fn of_table<'a>(table: &TableRef, clause: &'a Clause, constraint: &Constraint) -> Added<'a> {
    let enforced = !constraint.definition.to_ascii_uppercase().contains("NOT ENFORCED");
    Added {
        table: Arc::clone(table),
        clause,
        name: constraint.name.clone(),
        kind: constraint.kind.clone(),
        unchecked: constraint.not_valid || !enforced,
        definition: constraint.definition.clone(),
        column: None,
    }
}

/// A constraint at a new column. A foreign key of a column that is NULL everywhere is not checked by the server.
fn of_column<'a>(
    table: &TableRef,
    clause: &'a Clause,
    column: &'a Column,
    constraint: &ColumnConstraint,
) -> Option<Added<'a>> {
    let own = vec![column.name.clone()];
    let filled = column.constraints.iter().any(|one| matches!(one, ColumnConstraint::Default(text) if !is_null(text)));
    let (name, kind, unchecked, definition) = match constraint {
        ColumnConstraint::Check { name, expression } => {
            let kind = ConstraintKind::Check { expression: expression.clone() };
            (name, kind, false, format!("CHECK ({expression})"))
        }
        ColumnConstraint::References { name, table: to, columns, tail } => {
            let kind = ConstraintKind::ForeignKey { columns: own, table: to.clone(), referenced: columns.clone() };
            (name, kind, !filled, foreign_key(&column.name, to, columns, tail))
        }
        ColumnConstraint::Unique { name } => {
            (name, ConstraintKind::Unique { columns: own, include: vec![], using_index: None }, false, String::new())
        }
        ColumnConstraint::PrimaryKey { name } => (
            name,
            ConstraintKind::PrimaryKey { columns: own, include: vec![], using_index: None },
            false,
            String::new(),
        ),
        _ => return None,
    };
    Some(Added {
        table: Arc::clone(table),
        clause,
        name: name.clone(),
        kind,
        unchecked,
        definition,
        column: Some(column),
    })
}

fn is_null(expression: &str) -> bool {
    expression
        .trim_matches(['(', ')', ' '])
        .split("::")
        .next()
        .is_some_and(|text| text.trim().eq_ignore_ascii_case("null"))
}

fn foreign_key(column: &str, to: &ddl::Name, columns: &[String], tail: &str) -> String {
    let dialect = dbwright_sql::Dialect::Postgres;
    let target = to.schema.as_ref().map_or_else(|| dialect.name(&to.name), |s| dialect.qualified(s, &to.name));
    let list = if columns.is_empty() { String::new() } else { format!(" ({})", dialect.names(columns)) };
    let text = format!("FOREIGN KEY ({}) REFERENCES {target}{list} {tail}", dialect.name(column));
    text.trim_end().to_owned()
}
