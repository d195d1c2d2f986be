//! What earlier statements of the same run made or changed, for showing a plan before anything has run.

use dbwright_migrate::Statement;

use crate::ddl::{Act, Action, Clause, Name};

use super::super::dispatch;

/// Objects that an earlier statement of the run makes or changes.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    objects: Vec<Touched>,
    columns: Vec<TouchedColumn>,
    /// Names of what is no relation, or an index, that an earlier statement makes or gives.
    creates: Vec<String>,
    /// Names that are free again, because what had them was dropped or got another.
    gone: Vec<(Name, usize)>,
    /// Tables that a shadow takes the place of.
    shadowed: Vec<(Name, usize)>,
    /// Whether nobody knows what a statement does, or the functions that it calls.
    opaque: bool,
}

#[derive(Debug, Clone)]
struct Touched {
    name: Name,
    line: usize,
    new: bool,
}

#[derive(Debug, Clone)]
struct TouchedColumn {
    table: Name,
    column: String,
    line: usize,
}

impl Overlay {
    /// Whether an earlier statement makes this object.
    #[must_use]
    pub fn is_new(&self, name: &Name) -> bool {
        self.objects.iter().any(|object| object.new && same(&object.name, name))
    }

    /// Whether an earlier statement may give this name to anything that is no table.
    #[must_use]
    pub fn creates(&self, name: &str) -> bool {
        self.creates.iter().any(|one| one == name)
    }

    /// The line of the last statement that made or changed this object.
    #[must_use]
    pub fn touched(&self, name: &Name) -> Option<usize> {
        self.objects.iter().rev().find(|object| same(&object.name, name)).map(|object| object.line)
    }

    /// The table of an earlier statement, with its line, for whose column the server may choose this name.
    #[must_use]
    pub fn parent_of(&self, name: &Name) -> Option<(&str, usize)> {
        let of = |object: &&Touched| {
            let rest = name.name.strip_prefix(object.name.name.as_str());
            rest.is_some_and(|rest| rest.starts_with('_'))
                && (name.schema.is_none() || name.schema == object.name.schema)
        };
        self.objects.iter().rev().find(of).map(|object| (object.name.name.as_str(), object.line))
    }

    /// The line of the last statement that made, renamed or converted this column.
    #[must_use]
    pub fn touched_column(&self, table: &Name, column: &str) -> Option<usize> {
        let found = self.columns.iter().rev().find(|one| one.column == column && same(&one.table, table));
        found.map(|one| one.line)
    }

    /// The line of the statement after which nothing has this name any more.
    #[must_use]
    pub fn gone(&self, name: &Name) -> Option<usize> {
        self.gone.iter().rev().find(|(one, _)| same(one, name)).map(|(_, line)| *line)
    }

    /// The line of the statement for which a shadow takes this table's place.
    #[must_use]
    pub fn shadowed(&self, name: &Name) -> Option<usize> {
        self.shadowed.iter().find(|(one, _)| same(one, name)).map(|(_, line)| *line)
    }

    /// Whether anything may have been made or changed, because a statement can't be looked into.
    #[must_use]
    pub const fn is_opaque(&self) -> bool {
        self.opaque
    }

    /// Remembers that a shadow takes the place of the table that a statement is about.
    pub fn note_shadow(&mut self, line: usize, acts: &[Act]) {
        self.shadowed.extend(acts.iter().filter_map(dispatch::concerns).map(|name| (name.clone(), line)));
    }

    /// Remembers what a statement makes and changes.
    pub fn note(&mut self, statement: &Statement, acts: &[Act]) {
        for act in acts {
            self.opaque |= match act {
                Act::Do { .. } | Act::Other { .. } => true,
                Act::Query { calls } => !calls.is_empty(),
                _ => false,
            };
            self.creates.extend(dispatch::gives(act).map(str::to_owned));
            let made = dispatch::makes(act);
            let new = made.is_some();
            if let Some(name) = made.or_else(|| dispatch::concerns(act)) {
                self.objects.push(Touched { name: name.clone(), line: statement.line, new });
            }
            if let Act::Drop { names, .. } = act {
                self.gone.extend(names.iter().map(|name| (name.clone(), statement.line)));
            }
            if let Act::Alter { name, clauses, .. } = act {
                for clause in clauses {
                    self.note_clause(statement.line, name, clause);
                }
            }
        }
    }

    fn note_clause(&mut self, line: usize, table: &Name, clause: &Clause) {
        let column = match &clause.action {
            Action::AddColumn { column, .. } => &column.name,
            Action::RenameColumn { to, .. } => to,
            Action::SetType { column, .. } => column,
            Action::Rename { to } => {
                self.gone.push((table.clone(), line));
                let name = Name { schema: table.schema.clone(), name: to.clone() };
                return self.objects.push(Touched { name, line, new: true });
            }
            Action::SetSchema { to } => {
                let name = Name { schema: Some(to.clone()), name: table.name.clone() };
                return self.objects.push(Touched { name, line, new: true });
            }
            _ => return,
        };
        self.columns.push(TouchedColumn { table: table.clone(), column: column.clone(), line });
    }
}

/// A name without a schema may be the one with it.
fn same(a: &Name, b: &Name) -> bool {
    a.name == b.name && (a.schema == b.schema || a.schema.is_none() || b.schema.is_none())
}
