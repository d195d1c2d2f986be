//! The clauses of `ALTER TABLE`: what is dropped, changed or named must be in the table before the statement, what keys are made
//! of may also come with it, and what the statement itself takes away stands in nobody's way.

use dbwright_migrate::names::{Key, Problem, What};
use dbwright_sql::Dialect;

use super::constraints::{CHECK, FOREIGN};
use super::create::names_itself;
use super::{Names, words};
use crate::migrate::lint::definition::{Definition, Position};
use crate::migrate::lint::{Foreign, KeyKind, Table, TableKey, TableRef, define};
use crate::migrate::parse::{Action, Clause, places};
use crate::migrate::table::same;

/// What one statement brings to a table and takes from it.
#[derive(Default)]
struct Turn<'a> {
    /// Columns that are there afterwards under a name that may be new.
    comes: Vec<&'a str>,
    /// Columns whose names get free.
    goes: Vec<&'a str>,
    /// Indexes and constraints whose names get free.
    parts_go: Vec<&'a str>,
    /// Whether the primary key is dropped.
    primary_goes: bool,
}

impl<'a> Turn<'a> {
    fn of(clauses: &'a [Clause]) -> Self {
        let mut turn = Self::default();
        for clause in clauses {
            match &clause.action {
                Action::AddColumns(columns) => turn.comes.extend(columns.iter().map(|(name, _)| name.as_str())),
                Action::DropColumn(name) => turn.goes.push(name),
                Action::Change { from, to, .. } | Action::RenameColumn { from, to } => {
                    turn.goes.push(from);
                    turn.comes.push(to);
                }
                Action::DropIndex(name) | Action::DropForeignKey(name) | Action::DropConstraint(name) => {
                    turn.parts_go.push(name);
                }
                Action::RenameIndex { from, .. } => turn.parts_go.push(from),
                Action::DropPrimaryKey => turn.primary_goes = true,
                _ => {}
            }
        }
        turn
    }
}

fn among(names: &[&str], name: &str) -> bool {
    names.iter().any(|one| same(one, name))
}

impl Names {
    pub(super) fn clauses(&mut self, key: &Key, sql: &str, clauses: &[Clause], out: &mut Vec<Problem>) {
        let Some(table) = self.world.tables.get(key).cloned() else { return };
        let turn = Turn::of(clauses);
        for (clause, at) in clauses.iter().zip(places(sql, clauses)) {
            let mut found = Vec::new();
            self.clause(key, &table, (clause, &turn), &mut found);
            self.fresh += usize::from(found.is_empty() && table.complete && makes(clause));
            out.extend(found.into_iter().map(|one| Problem { clause: Some(at), ..one }));
        }
        let unread = |clause: &Clause| matches!(clause.action, Action::Unknown) || exchanges(clause);
        if clauses.iter().any(unread) {
            self.forget(key);
        }
    }

    /// What is in a table is not known any more.
    fn forget(&mut self, key: &Key) {
        if let Some(table) = self.world.tables.get_mut(key) {
            TableRef::make_mut(table).complete = false;
        }
    }

    fn clause(&mut self, key: &Key, table: &Table, (clause, turn): (&Clause, &Turn<'_>), out: &mut Vec<Problem>) {
        let may_be = words::conditional(clause);
        match &clause.action {
            Action::AddColumns(columns) => {
                for (name, text) in columns {
                    self.add_column(key, table, turn, (name, text), may_be, out);
                }
            }
            Action::DropColumn(name) if !may_be => {
                let problem = self.gone_column(key, name, turn);
                out.extend(problem.map(|one| Problem { as_if_done: one.near.is_empty(), ..one }));
            }
            Action::Modify { column, definition } => {
                out.extend(self.gone_column(key, column, turn).filter(|_| !may_be));
                out.extend(self.behind(key, definition, turn));
            }
            Action::AlterColumn(column) => out.extend(self.gone_column(key, column, turn).filter(|_| !may_be)),
            Action::Change { from, to, definition } => {
                self.rename_column(key, table, turn, (from, to), may_be, out);
                out.extend(self.behind(key, definition, turn));
            }
            Action::RenameColumn { from, to } => self.rename_column(key, table, turn, (from, to), may_be, out),
            Action::AddIndex { .. } | Action::AddPrimaryKey => {
                self.add_key(key, table, turn, (&clause.text, may_be), out);
            }
            Action::DropIndex(name) | Action::AlterIndex(name) if !may_be => {
                let dropped = matches!(clause.action, Action::DropIndex(_));
                out.extend(self.no_index(key, table, name, dropped));
            }
            Action::RenameIndex { from, to } => {
                let gone = self.no_index(key, table, from, true);
                out.extend(gone.filter(|_| !may_be));
                out.extend(index_taken(table, to, turn).filter(|_| !same(from, to)).map(|one| self.within(key, one)));
            }
            Action::AddForeignKey | Action::AddCheck => {
                self.add_constraint(key, table, turn, (&clause.text, may_be), out);
            }
            Action::DropForeignKey(name) if !may_be => {
                let known: Vec<&str> = table.foreign.iter().map(|foreign| foreign.name.as_str()).collect();
                out.extend(self.no_constraint(key, table, (name, "foreign key"), &known));
            }
            Action::DropConstraint(name) if !may_be => {
                let foreign = table.foreign.iter().map(|foreign| foreign.name.as_str());
                let unique = |key: &&TableKey| matches!(key.kind, KeyKind::Unique | KeyKind::Primary);
                let keys = table.keys.iter().filter(unique).map(|key| key.name.as_str());
                let known: Vec<&str> = foreign.chain(table.checks.iter().map(String::as_str)).chain(keys).collect();
                out.extend(self.no_constraint(key, table, (name, "constraint"), &known));
            }
            _ => {}
        }
    }

    fn add_column(
        &mut self,
        key: &Key,
        table: &Table,
        turn: &Turn<'_>,
        (name, text): (&str, &str),
        may_be: bool,
        out: &mut Vec<Problem>,
    ) {
        let there = table.complete && table.column(name).is_some() && !among(&turn.goes, name);
        if there && !may_be {
            let mut problem = self.within(key, Problem::taken(What::Column, name, Dialect::Mysql));
            problem.as_if_done = true;
            out.push(problem);
        }
        let definition = Definition::read(text);
        if definition.unique || definition.check.is_some() || definition.references.is_some() {
            self.chosen.insert(key.clone());
        }
        out.extend(self.behind(key, text, turn));
    }

    fn rename_column(
        &mut self,
        key: &Key,
        table: &Table,
        turn: &Turn<'_>,
        (from, to): (&str, &str),
        may_be: bool,
        out: &mut Vec<Problem>,
    ) {
        let gone = self.gone_column(key, from, turn);
        let taken = table.complete && !same(from, to) && table.column(to).is_some();
        if taken && gone.is_none() && !among(&turn.goes, to) {
            out.push(self.within(key, Problem::taken(What::Column, to, Dialect::Mysql)));
        }
        out.extend(gone.filter(|_| !may_be).map(|one| Problem { as_if_done: taken, ..one }));
    }

    /// A column that a clause puts another one behind.
    fn behind(&self, key: &Key, text: &str, turn: &Turn<'_>) -> Option<Problem> {
        let Some(Position::After(name)) = Definition::read(text).position else { return None };
        self.gone_column(key, &name, turn)
    }

    /// A column that is neither there nor comes with the same statement.
    fn gone_column(&self, key: &Key, name: &str, turn: &Turn<'_>) -> Option<Problem> {
        self.no_column(key, name).filter(|_| !among(&turn.comes, name))
    }

    /// A column that is not there; an expression is not looked into.
    pub(super) fn no_column(&self, key: &Key, name: &str) -> Option<Problem> {
        let table = self.world.tables.get(key).filter(|table| table.complete)?;
        if name.is_empty() || name.starts_with('(') || table.column(name).is_some() {
            return None;
        }
        let mut problem = self.within(key, Problem::missing(What::Column, name, Dialect::Mysql));
        problem.look_near(table.columns.iter().map(|column| column.name.as_str()));
        problem.instead = table.columns.iter().map(|column| Dialect::Mysql.name(&column.name)).collect();
        Some(problem)
    }

    fn add_key(
        &mut self,
        key: &Key,
        table: &Table,
        turn: &Turn<'_>,
        (text, may_be): (&str, bool),
        out: &mut Vec<Problem>,
    ) {
        let Some(index) = define::key(text) else { return self.forget(key) };
        out.extend(index.columns.iter().filter_map(|column| self.gone_column(key, column, turn)));
        if !names_itself(text) {
            self.chosen.insert(key.clone());
            return;
        }
        if index.kind == KeyKind::Primary {
            out.extend(primary_taken(table, turn).map(|one| self.within(key, one)));
            return;
        }
        if let Some(problem) = index_taken(table, &index.name, turn).filter(|_| !may_be) {
            let as_if_done = table.keys.iter().any(|own| same(&own.name, &index.name) && alike(own, &index));
            out.push(self.within(key, Problem { as_if_done, ..problem }));
        }
    }

    fn add_constraint(
        &mut self,
        key: &Key,
        table: &Table,
        turn: &Turn<'_>,
        (text, may_be): (&str, bool),
        out: &mut Vec<Problem>,
    ) {
        let foreign = define::foreign(text);
        let name = match &foreign {
            Some(foreign) => foreign.name.clone(),
            None => define::check(text).unwrap_or_default(),
        };
        if let Some(foreign) = &foreign {
            out.extend(foreign.columns.iter().filter_map(|column| self.gone_column(key, column, turn)));
            let mut found = Vec::new();
            self.referred(key, foreign, &mut found);
            // What refers to its own table may name what comes with the statement.
            found.retain(|one| one.what != What::Column || !among(&turn.comes, &one.name));
            out.extend(found);
        }
        // A foreign key brings an index along, with a name of the server's choice or its own.
        if name.is_empty() || foreign.is_some() {
            self.chosen.insert(key.clone());
        }
        let word = if foreign.is_some() { FOREIGN } else { CHECK };
        let own = |other: &Foreign| foreign.is_some() && same(&other.name, &name);
        let taken =
            table.foreign.iter().any(own) || (foreign.is_none() && table.checks.iter().any(|check| same(check, &name)));
        if !name.is_empty() && table.complete && taken && !may_be && !among(&turn.parts_go, &name) {
            let mut problem = self.within(key, Problem::taken(What::Constraint(word), &name, Dialect::Mysql));
            (problem.as_if_done, problem.way) = (true, "give the new one another name, or drop the old one before");
            out.push(problem);
        } else if !may_be {
            out.extend(self.elsewhere(key, word, &name));
        }
    }

    fn no_index(&self, key: &Key, table: &Table, name: &str, drops: bool) -> Option<Problem> {
        if !table.complete || self.may_be_chosen(key, table, name) || table.keys.iter().any(|own| same(&own.name, name))
        {
            return None;
        }
        let mut problem = self.within(key, Problem::missing(What::Index, name, Dialect::Mysql));
        let known = table.keys.iter().map(|own| own.name.as_str()).filter(|own| *own != "PRIMARY");
        problem.look_near(known.clone());
        problem.instead = known.map(|name| Dialect::Mysql.name(name)).collect();
        problem.as_if_done = drops && problem.near.is_empty();
        Some(problem)
    }

    fn no_constraint(
        &self,
        key: &Key,
        table: &Table,
        (name, word): (&str, &'static str),
        known: &[&str],
    ) -> Option<Problem> {
        // The server has a name for those that say none.
        let unnamed = known.iter().any(|own| own.is_empty());
        if !table.complete || unnamed || among(known, name) || self.may_be_chosen(key, table, name) {
            return None;
        }
        let mut problem = self.within(key, Problem::missing(What::Constraint(word), name, Dialect::Mysql));
        problem.look_near(known.iter().copied());
        problem.instead = known.iter().map(|name| Dialect::Mysql.name(name)).collect();
        problem.as_if_done = problem.near.is_empty();
        Some(problem)
    }

    /// Whether the server may have given this name to a part of a table: it begins with the table's name or a column's.
    fn may_be_chosen(&self, key: &Key, table: &Table, name: &str) -> bool {
        let name = name.to_lowercase();
        let begins = |with: &str| name.starts_with(&with.to_lowercase());
        let like = begins(&table.name) || begins("constraint_") || begins("functional_index") || begins("fk_");
        let like = like || name.bytes().all(|byte| byte.is_ascii_digit());
        // An index of a foreign key goes by itself when another one does for it.
        let brought = table.foreign.iter().any(|foreign| same(&foreign.name, &name));
        brought || self.chosen.contains(key) && (like || table.columns.iter().any(|column| begins(&column.name)))
    }

    /// In a table.
    fn within(&self, key: &Key, problem: Problem) -> Problem {
        Problem { table: Some(self.of_table(key)), ..problem }
    }
}

/// Whether a clause brings or takes something that has a name.
fn makes(clause: &Clause) -> bool {
    let changes = match &clause.action {
        Action::Change { from, to, .. } => !same(from, to),
        Action::AddColumns(_)
        | Action::DropColumn(_)
        | Action::RenameColumn { .. }
        | Action::AddIndex { .. }
        | Action::AddPrimaryKey
        | Action::DropIndex(_)
        | Action::RenameIndex { .. }
        | Action::AddForeignKey
        | Action::AddCheck
        | Action::DropForeignKey(_)
        | Action::DropConstraint(_) => true,
        _ => false,
    };
    changes && !words::conditional(clause)
}

/// A primary key that is there already, unless the statement takes it away.
fn primary_taken(table: &Table, turn: &Turn<'_>) -> Option<Problem> {
    let there = table.primary().filter(|_| table.complete && !turn.primary_goes)?;
    // A column that goes takes its part along, and the server's own column gives way.
    let stays = |column: &String| !among(&turn.goes, column) && !same(column, "my_row_id");
    let problem = Problem::taken(What::Constraint("primary key"), &there.name, Dialect::Mysql);
    let way = "drop the old one in the same statement: DROP PRIMARY KEY";
    there.columns.iter().any(stays).then_some(Problem { way, as_if_done: true, ..problem })
}

fn alike(a: &TableKey, b: &TableKey) -> bool {
    a.columns.len() == b.columns.len() && a.columns.iter().zip(&b.columns).all(|(a, b)| same(a, b))
}

/// An index that has a name already, unless the statement takes it away, or it came with a foreign key and gives way.
fn index_taken(table: &Table, name: &str, turn: &Turn<'_>) -> Option<Problem> {
    let there = table.keys.iter().any(|own| same(&own.name, name));
    let brought = |foreign: &Foreign| {
        same(&foreign.name, name) || foreign.columns.first().is_some_and(|column| same(column, name))
    };
    // A column that goes takes its indexes along.
    let worn = |own: &&TableKey| own.columns.iter().any(|column| among(&turn.goes, column));
    let fades = table.keys.iter().filter(worn).any(|own| same(&own.name, name));
    let free = among(&turn.parts_go, name) || fades || table.foreign.iter().any(brought);
    (there && table.complete && !free).then(|| Problem::taken(What::Index, name, Dialect::Mysql))
}

/// Partitions that change places with a table of their own.
fn exchanges(clause: &Clause) -> bool {
    matches!(&clause.action, Action::Partition(words) if words.starts_with("CONVERT"))
}
