//! The order in which the clauses of one statement are carried out: the server's, not the one they are written in.

use dbwright_core::Failure;

use crate::ddl::{Action, Clause, Constraint, ConstraintKind};

use super::super::catalog::{Index, Table};
use super::super::draft::Cx;
use super::is_key;

/// The clauses in the order in which they are planned. A key that is dropped and made again as it was stays.
pub(super) async fn of<'c>(cx: &Cx<'_, '_>, table: &Table, clauses: &'c [Clause]) -> Result<Vec<&'c Clause>, Failure> {
    let again = if clauses.iter().any(is_key) { kept(&cx.catalog.indexes(table.oid).await?, clauses) } else { vec![] };
    let mut all: Vec<&Clause> =
        clauses.iter().filter(|clause| !named(clause).is_some_and(|n| again.contains(&n))).collect();
    all.sort_by_key(|clause| rank(clause, clauses));
    Ok(all)
}

/// Whether a constraint is dropped before anything else is done.
pub(in super::super) fn goes_before(constraint: &str, clauses: &[Clause]) -> bool {
    let dropped = |clause: &Clause| matches!(&clause.action, Action::DropConstraint { name, .. } if name == constraint);
    !clauses.iter().any(is_key) && clauses.iter().any(dropped)
}

/// What goes makes room; types change before anything is said of the columns; keys come before what refers to them.
fn rank(clause: &Clause, all: &[Clause]) -> u8 {
    match &clause.action {
        // With a key that is added, what is dropped goes in the same moment as that comes.
        Action::DropConstraint { .. } if all.iter().any(is_key) => 4,
        Action::DropColumn { name, .. } if all.iter().any(is_key) && !comes(name, all) => 4,
        Action::DropColumn { .. } | Action::DropConstraint { .. } => 0,
        Action::SetType { .. } => 1,
        Action::AddColumn { .. } => 2,
        Action::AddConstraint(_) if is_key(clause) => 5,
        Action::AddConstraint(_) => 6,
        Action::ValidateConstraint { .. } => 7,
        _ => 3,
    }
}

/// Whether a column of this name is added.
fn comes(name: &str, clauses: &[Clause]) -> bool {
    clauses.iter().any(|clause| matches!(&clause.action, Action::AddColumn { column, .. } if column.name == name))
}

/// The constraint that a clause drops or adds.
fn named(clause: &Clause) -> Option<&str> {
    match &clause.action {
        Action::DropConstraint { name, .. } => Some(name),
        Action::AddConstraint(Constraint { name, .. }) => name.as_deref(),
        _ => None,
    }
}

/// Keys that are dropped and added with the same name and columns, as tools write it around a change of types.
fn kept<'c>(indexes: &[Index], clauses: &'c [Clause]) -> Vec<&'c str> {
    let dropped = |wanted: &str| {
        clauses.iter().any(
            |clause| matches!(&clause.action, Action::DropConstraint { name, cascade: false, .. } if name == wanted),
        )
    };
    let same = |constraint: &Constraint| {
        let (kind, columns) = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, include, using_index: None } if include.is_empty() => ("p", columns),
            ConstraintKind::Unique { columns, include, using_index: None } if include.is_empty() => ("u", columns),
            _ => return false,
        };
        let plain = |definition: &str| definition.trim_end().ends_with(')') && definition.matches('(').count() == 1;
        indexes.iter().any(|index| {
            index.constraint == constraint.name
                && index.constraint_kind.as_deref() == Some(kind)
                && index.columns == *columns
                && index.valid
                && plain(index.constraint_definition.as_deref().unwrap_or_default())
                && plain(&constraint.definition)
        })
    };
    let found = clauses.iter().filter_map(|clause| match &clause.action {
        Action::AddConstraint(constraint) if same(constraint) => constraint.name.as_deref(),
        _ => None,
    });
    found.filter(|name| dropped(name)).collect()
}
