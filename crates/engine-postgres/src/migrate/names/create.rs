//! Tables and indexes that are made: what they are made of, and what has their name.

use std::collections::BTreeSet;

use super::problem::{Problem, What};
use super::{Found, Key, Kind, Names, Relation, words};
use crate::ddl::{Column, ColumnConstraint, Constraint, ConstraintKind, CreateIndex, CreateTable};

impl Names {
    pub(super) fn create_table(&mut self, table: &CreateTable, sql: &str, line: usize, out: &mut Vec<Problem>) {
        let place = self.place(&table.name, table.temporary);
        let columns: BTreeSet<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        if let Some(there) = place.as_ref().and_then(|key| self.in_the_way(key)) {
            if !table.if_not_exists {
                let mut problem = Problem::taken(What::Relation(there.kind), &table.name.name);
                problem.schema = place.as_ref().map(|key| key.0.clone());
                problem.since = there.line;
                problem.as_if_done = there.kind == Kind::Table
                    && there.line.is_none()
                    && there.columns.as_ref().is_none_or(|own| columns.is_subset(own));
                out.push(problem);
            }
            return;
        }
        if table.if_not_exists && place.as_ref().is_none_or(|key| self.relations.contains_key(key)) {
            return self.make(&table.name, table.temporary, Relation { certain: false, ..Relation::new(Kind::Table) });
        }
        self.fresh += 1;
        let parents = table.inherits.iter().chain(&table.partition_of);
        let mut child = false;
        for parent in parents {
            child = true;
            self.needs(parent, out);
        }
        let plain = !child && !columns.is_empty() && words::count(sql, "LIKE") == 0;
        let relation = Relation {
            columns: plain.then_some(columns),
            constraints: plain.then(BTreeSet::new),
            child,
            parent: table.partition_by.is_some(),
            line: Some(line),
            ..Relation::new(Kind::Table)
        };
        self.make(&table.name, table.temporary, relation);
        let Found::There(key) = self.find(&table.name) else { return };
        table.columns.iter().for_each(|column| self.inline(&key, column, line, out));
        for constraint in &table.constraints {
            self.constraint(&key, constraint, line, &BTreeSet::new(), out);
        }
    }

    /// What a new column brings along.
    pub(super) fn inline(&mut self, key: &Key, column: &Column, line: usize, out: &mut Vec<Problem>) {
        if column.ty.to_ascii_lowercase().contains("serial") {
            self.numbered.insert(key.1.clone());
        }
        for one in &column.constraints {
            let (name, index) = match one {
                ColumnConstraint::PrimaryKey { name } | ColumnConstraint::Unique { name } => (name, true),
                ColumnConstraint::Check { name, .. } => (name, false),
                ColumnConstraint::References { name, table, columns, .. } => {
                    self.needs_columns(table, columns, out);
                    (name, false)
                }
                ColumnConstraint::Identity { .. } | ColumnConstraint::NotNull => {
                    self.numbered.insert(key.1.clone());
                    continue;
                }
                _ => continue,
            };
            self.named(key, name.as_ref(), index, line);
        }
    }

    /// A constraint of a table: its columns, what it refers to, and its name.
    pub(super) fn constraint(
        &mut self,
        key: &Key,
        constraint: &Constraint,
        line: usize,
        freed: &BTreeSet<String>,
        out: &mut Vec<Problem>,
    ) {
        if let Some(name) = &constraint.name {
            out.extend(self.constraint_taken(key, constraint, name, freed));
        }
        let mut index = false;
        if matches!(constraint.kind, ConstraintKind::PrimaryKey { .. }) {
            // Its columns get a NOT NULL each, with a name from version 18 on.
            self.numbered.insert(key.1.clone());
        }
        match &constraint.kind {
            ConstraintKind::Unique { columns, include, using_index }
            | ConstraintKind::PrimaryKey { columns, include, using_index } => {
                out.extend(columns.iter().chain(include).filter_map(|column| self.no_column(key, column)));
                if let Some(using) = using_index {
                    return self.using(key, using, constraint, line, out);
                }
                index = true;
            }
            ConstraintKind::ForeignKey { columns, table, referenced } => {
                out.extend(columns.iter().filter_map(|column| self.no_column(key, column)));
                self.needs_columns(table, referenced, out);
            }
            ConstraintKind::NotNull { column } => out.extend(self.no_column(key, column)),
            ConstraintKind::Exclude => index = true,
            ConstraintKind::Check { .. } => {}
        }
        self.named(key, constraint.name.as_ref(), index, line);
    }

    fn constraint_taken(
        &self,
        key: &Key,
        constraint: &Constraint,
        name: &String,
        freed: &BTreeSet<String>,
    ) -> Option<Problem> {
        let table = self.relations.get(key)?;
        // A child takes a constraint of its parent over, and a column has one NOT NULL, whatever it is called.
        let merges = table.child || matches!(constraint.kind, ConstraintKind::NotNull { .. });
        if freed.contains(name) || merges || self.shrunk || self.worn.contains(key) {
            return None;
        }
        if self.constraints(key).is_some_and(|all| all.contains(name)) {
            let mut problem = Problem::taken(What::Constraint, name);
            problem.table = Some(key.clone());
            problem.as_if_done = true;
            return Some(problem);
        }
        let has_index = match &constraint.kind {
            ConstraintKind::Unique { using_index, .. } | ConstraintKind::PrimaryKey { using_index, .. } => {
                using_index.is_none()
            }
            ConstraintKind::Exclude => true,
            _ => false,
        };
        let there = self.in_the_way(&(key.0.clone(), name.clone())).filter(|_| has_index)?;
        let mut problem = Problem::taken(What::Relation(there.kind), name);
        (problem.schema, problem.since) = (Some(key.0.clone()), there.line);
        Some(problem)
    }

    /// A key that takes a prebuilt index over, which gets its name.
    fn using(&mut self, key: &Key, using: &str, constraint: &Constraint, line: usize, out: &mut Vec<Problem>) {
        let index = (key.0.clone(), using.to_owned());
        if !self.relations.contains_key(&index) {
            let name = crate::ddl::Name { schema: Some(key.0.clone()), name: using.to_owned() };
            let sure = self.known && !self.relations.get(key).is_none_or(|table| table.kind != Kind::Table);
            let problem = self.unless_chosen(self.absent(Kind::Index, &name));
            // Its own name is what it has when the statement is done.
            let done = constraint
                .name
                .as_ref()
                .is_some_and(|name| self.constraints(key).is_some_and(|all| all.contains(name)));
            out.extend(problem.filter(|_| sure).map(|one| Problem { as_if_done: done, ..one }));
        }
        let name = constraint.name.clone().unwrap_or_else(|| using.to_owned());
        if name != using {
            self.rename(&index, (key.0.clone(), name.clone()), line);
        }
        if let Some(all) = self.relations.get_mut(key).and_then(|table| table.constraints.as_mut()) {
            all.insert(name);
        }
    }

    /// Takes a constraint in, by its name or by the one that the server chooses.
    fn named(&mut self, key: &Key, name: Option<&String>, index: bool, line: usize) {
        let Some(name) = name else {
            self.numbered.insert(key.1.clone());
            return;
        };
        if let Some(all) = self.relations.get_mut(key).and_then(|table| table.constraints.as_mut()) {
            all.insert(name.clone());
        }
        if index {
            let own = Relation { on: Some(key.clone()), line: Some(line), ..Relation::new(Kind::Index) };
            let place = (key.0.clone(), name.clone());
            self.gone.remove(&place);
            self.relations.insert(place, own);
        }
    }

    pub(super) fn create_index(&mut self, index: &CreateIndex, line: usize, out: &mut Vec<Problem>) {
        let Some(key) = self.needs(&index.table, out) else {
            if let Some(name) = &index.name {
                let name = crate::ddl::Name { schema: index.table.schema.clone(), name: name.clone() };
                self.make(&name, false, Relation { line: Some(line), ..Relation::new(Kind::Index) });
            }
            return;
        };
        for column in index.keys.iter().filter_map(|key| words::only_name(key)) {
            out.extend(self.no_column(&key, &column));
        }
        if self.relations.get(&key).is_some_and(|table| table.parent) && !index.only {
            // Each partition gets one, with a name of its own.
            self.numbered.insert(String::new());
        }
        let Some(name) = &index.name else {
            self.numbered.insert(key.1.clone());
            return;
        };
        let place = (key.0.clone(), name.clone());
        if let Some(there) = self.in_the_way(&place) {
            if !index.if_not_exists {
                let mut problem = Problem::taken(What::Relation(there.kind), name);
                (problem.schema, problem.since) = (Some(key.0.clone()), there.line);
                problem.as_if_done = there.on.as_ref() == Some(&key) && there.line.is_none();
                out.push(problem);
            }
            return;
        }
        self.fresh += 1;
        let own = Relation { on: Some(key), line: Some(line), ..Relation::new(Kind::Index) };
        self.gone.remove(&place);
        self.relations.insert(place, own);
    }
}
