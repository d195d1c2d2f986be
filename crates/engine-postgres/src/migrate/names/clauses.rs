//! The clauses of an `ALTER`: the server has an order of its own for them, so that what one adds counts for all.

use std::collections::BTreeSet;

use super::problem::{Problem, What};
use super::{Found, Key, Kind, Names};
use crate::ddl::{Action, Clause, Name};

impl Names {
    pub(super) fn clauses(&mut self, key: &Key, clauses: &[Clause], line: usize, out: &mut Vec<Problem>) {
        let added = |clause: &Clause| match &clause.action {
            Action::AddColumn { column, .. } => Some(column.name.clone()),
            _ => None,
        };
        let added: BTreeSet<String> = clauses.iter().filter_map(added).collect();
        let dropped = |clause: &Clause| match &clause.action {
            Action::DropColumn { name, .. } | Action::DropConstraint { name, .. } => Some(name.clone()),
            _ => None,
        };
        let freed: BTreeSet<String> = clauses.iter().filter_map(dropped).collect();
        let mut own = Vec::new();
        // First what goes, then what comes, then all that speaks of either.
        for turn in 0..3 {
            for clause in clauses.iter().filter(|clause| self::turn(&clause.action) == turn) {
                let mut found = Vec::new();
                self.clause(key, &clause.action, line, &freed, &mut found);
                found.retain(|one| one.what != What::Column || one.taken || !added.contains(&one.name));
                own.extend(found.into_iter().map(|one| Problem { clause: Some(clause.range.clone()), ..one }));
            }
        }
        own.sort_by_key(|one| one.clause.as_ref().map_or(0, |range| range.start));
        out.extend(own);
    }

    fn clause(&mut self, key: &Key, action: &Action, line: usize, freed: &BTreeSet<String>, out: &mut Vec<Problem>) {
        match action {
            Action::AddColumn { column, if_not_exists } => {
                self.add_column(key, column, *if_not_exists, freed, line, out);
            }
            Action::DropColumn { name, if_exists, cascade } => self.drop_column(key, name, *if_exists, *cascade, out),
            Action::RenameColumn { from, to } => self.rename_column(key, from, to, out),
            Action::SetType { column, .. }
            | Action::SetDefault { column, .. }
            | Action::DropDefault { column }
            | Action::DropIdentity { column }
            | Action::SetExpression { column }
            | Action::DropExpression { column } => out.extend(self.no_column(key, column)),
            Action::SetNotNull { column } | Action::AddIdentity { column, .. } => {
                out.extend(self.no_column(key, column));
                self.numbered.insert(key.1.clone());
            }
            Action::DropNotNull { column } => {
                out.extend(self.no_column(key, column));
                self.worn.insert(key.clone());
            }
            Action::ColumnSetting { column } if self.relations.get(key).is_some_and(|one| one.kind != Kind::Index) => {
                out.extend(self.no_column(key, column));
            }
            Action::AddConstraint(constraint) => {
                self.inherited(key);
                self.constraint(key, constraint, line, freed, out);
            }
            Action::DropConstraint { name, if_exists, cascade } => {
                self.shrunk |= *cascade;
                if !*if_exists {
                    out.extend(self.no_constraint(key, name, true));
                }
                self.forget_constraint(key, name, line);
            }
            Action::ValidateConstraint { name } | Action::AlterConstraint { name } => {
                out.extend(self.no_constraint(key, name, false));
            }
            Action::RenameConstraint { from, to } => self.rename_constraint(key, from, to, line, out),
            Action::Rename { to } => self.rename_to(key, (key.0.clone(), to.clone()), line, out),
            Action::SetSchema { to } => self.rename_to(key, (to.clone(), key.1.clone()), line, out),
            Action::AttachPartition { name, .. } => self.attach(key, name, out),
            Action::DetachPartition { name, .. } => {
                self.needs(name, out);
            }
            Action::Inherit { parent, .. } => {
                self.needs(parent, out);
                if let Some(one) = self.relations.get_mut(key) {
                    one.child = true;
                }
                self.children_changed = true;
            }
            _ => {}
        }
    }

    fn add_column(
        &mut self,
        key: &Key,
        column: &crate::ddl::Column,
        may_be: bool,
        freed: &BTreeSet<String>,
        line: usize,
        out: &mut Vec<Problem>,
    ) {
        self.inherited(key);
        let child = self.relations.get(key).is_some_and(|one| one.child);
        let there = self.columns(key).is_some_and(|all| all.contains(&column.name)) && !freed.contains(&column.name);
        if there {
            if !may_be && !self.shrunk && !child {
                let mut problem = Problem::taken(What::Column, &column.name);
                problem.table = Some(key.clone());
                problem.as_if_done = true;
                out.push(problem);
            }
            return;
        }
        self.fresh += usize::from(self.columns(key).is_some());
        if let Some(all) = self.relations.get_mut(key).and_then(|one| one.columns.as_mut()) {
            all.insert(column.name.clone());
        }
        self.inline(key, column, line, out);
    }

    fn drop_column(&mut self, key: &Key, name: &str, if_exists: bool, cascade: bool, out: &mut Vec<Problem>) {
        self.inherited(key);
        self.shrunk |= cascade;
        if !if_exists {
            let problem = self.no_column(key, name);
            out.extend(problem.map(|one| Problem { as_if_done: one.near.is_empty(), ..one }));
        }
        if let Some(all) = self.relations.get_mut(key).and_then(|one| one.columns.as_mut()) {
            self.fresh += usize::from(all.remove(name));
        }
        self.worn.insert(key.clone());
    }

    fn rename_column(&mut self, key: &Key, from: &str, to: &str, out: &mut Vec<Problem>) {
        self.inherited(key);
        let gone = self.no_column(key, from);
        let taken = self.columns(key).is_some_and(|all| all.contains(to)) && !self.shrunk;
        if taken && gone.is_none() {
            let mut problem = Problem::taken(What::Column, to);
            problem.table = Some(key.clone());
            out.push(problem);
            return;
        }
        out.extend(gone.map(|one| Problem { as_if_done: taken, ..one }));
        if let Some(all) = self.relations.get_mut(key).and_then(|one| one.columns.as_mut())
            && all.remove(from)
        {
            self.fresh += 1;
            all.insert(to.to_owned());
        }
    }

    /// What is done to a table is done to those that inherit from it.
    fn inherited(&mut self, key: &Key) {
        self.children_changed |= self.relations.get(key).is_some_and(|one| one.parent);
    }

    fn no_constraint(&self, key: &Key, name: &str, drops: bool) -> Option<Problem> {
        let known = self.constraints(key)?;
        if known.contains(name) || name.is_empty() {
            return None;
        }
        let mut problem = Problem::missing(What::Constraint, name);
        problem.table = Some(key.clone());
        problem.nearest(known.iter().map(String::as_str));
        problem.as_if_done = drops && problem.near.is_empty();
        let sure = !self.relations.get(key).is_some_and(|one| one.more_constraints) || !problem.near.is_empty();
        self.unless_chosen(problem).filter(|_| sure)
    }

    fn forget_constraint(&mut self, key: &Key, name: &str, line: usize) {
        self.inherited(key);
        if let Some(all) = self.relations.get_mut(key).and_then(|one| one.constraints.as_mut()) {
            self.fresh += usize::from(all.remove(name));
        }
        let index = (key.0.clone(), name.to_owned());
        if self.relations.get(&index).is_some_and(|one| one.on.as_ref() == Some(key)) {
            self.remove(&index, line);
        }
    }

    fn rename_constraint(&mut self, key: &Key, from: &str, to: &str, line: usize, out: &mut Vec<Problem>) {
        self.inherited(key);
        let gone = self.no_constraint(key, from, true);
        let known = self.constraints(key).filter(|_| !self.shrunk && !self.worn.contains(key));
        if gone.is_none() && from != to && known.is_some_and(|all| all.contains(from) && all.contains(to)) {
            let mut problem = Problem::taken(What::Constraint, to);
            problem.table = Some(key.clone());
            out.push(problem);
            return;
        }
        out.extend(gone);
        if let Some(all) = self.relations.get_mut(key).and_then(|one| one.constraints.as_mut())
            && all.remove(from)
        {
            all.insert(to.to_owned());
        }
        let index = (key.0.clone(), from.to_owned());
        if self.relations.get(&index).is_some_and(|one| one.on.as_ref() == Some(key)) {
            self.rename(&index, (key.0.clone(), to.to_owned()), line);
        }
    }

    fn rename_to(&mut self, key: &Key, to: Key, line: usize, out: &mut Vec<Problem>) {
        if let Some(there) = self.in_the_way(&to).filter(|_| to != *key) {
            let mut problem = Problem::taken(What::Relation(there.kind), &to.1);
            (problem.schema, problem.since) = (Some(to.0.clone()), there.line);
            out.push(problem);
            return;
        }
        self.fresh += 1;
        let lacks = self.schemas.as_ref().is_some_and(|all| !all.contains(&to.0));
        if lacks && !super::is_system(&to.0) {
            let mut problem = Problem::missing(What::Schema, &to.0);
            problem.nearest(self.schemas.iter().flatten().map(String::as_str));
            out.push(problem);
        }
        // The constraint of an index has its name.
        let on = self.relations.get(key).filter(|one| one.kind == Kind::Index).and_then(|one| one.on.clone());
        if let Some(all) = on.and_then(|on| self.relations.get_mut(&on)).and_then(|table| table.constraints.as_mut())
            && all.remove(&key.1)
        {
            all.insert(to.1.clone());
        }
        self.rename(key, to, line);
    }

    fn attach(&mut self, key: &Key, part: &Name, out: &mut Vec<Problem>) {
        let index = self.relations.get(key).is_some_and(|one| one.kind == Kind::Index);
        let found = self.find(part);
        if let Found::Absent = found {
            let kind = if index { Kind::Index } else { Kind::Table };
            let problem = self.absent(kind, part);
            out.extend(self.unless_chosen(problem));
        }
        if let Found::There(part) = found
            && let Some(one) = self.relations.get_mut(&part)
        {
            one.child = true;
            self.numbered.insert(part.1);
        }
    }
}

/// When the server looks at a clause: what it drops comes first, then what it adds.
const fn turn(action: &Action) -> u8 {
    match action {
        Action::DropColumn { .. } | Action::DropConstraint { .. } => 0,
        Action::AddColumn { .. } => 1,
        _ => 2,
    }
}
