//! What earlier statements of the same run made or changed, for showing a plan before anything has run.

use dbwright_migrate::Statement;

use crate::ddl::{Act, Action, Clause, Name};

use super::super::dispatch;

/// Objects that an earlier statement of the run makes or changes.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    objects: Vec<Touched>,
    columns: Vec<TouchedColumn>,
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

    /// The line of the last statement that made or changed this object.
    #[must_use]
    pub fn touched(&self, name: &Name) -> Option<usize> {
        self.objects.iter().rev().find(|object| same(&object.name, name)).map(|object| object.line)
    }

    /// The line of the last statement that made, renamed or converted this column.
    #[must_use]
    pub fn touched_column(&self, table: &Name, column: &str) -> Option<usize> {
        let found = self.columns.iter().rev().find(|one| one.column == column && same(&one.table, table));
        found.map(|one| one.line)
    }

    /// Remembers what a statement makes and changes.
    pub fn note(&mut self, statement: &Statement, acts: &[Act]) {
        for act in acts {
            let made = dispatch::makes(act);
            let new = made.is_some();
            if let Some(name) = made.or_else(|| dispatch::concerns(act)) {
                self.objects.push(Touched { name: name.clone(), line: statement.line, new });
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
