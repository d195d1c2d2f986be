//! `migrate/name-too-long`: the server cuts it.

use dbwright_core::Cx;

use crate::ddl::{Act, Action, Object};
use crate::migrate::lint::Scene;

/// The most bytes of a name that the server keeps.
const LIMIT: usize = 63;

/// Reports names that the server cuts.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let mut names: Vec<String> = scene.acts().iter().flat_map(given).filter(|name| name.len() > LIMIT).collect();
    names.dedup();
    for name in names {
        let end = (0..=LIMIT).rev().find(|at| name.is_char_boundary(*at)).unwrap_or_default();
        let finding = cx
            .finding(name.clone(), format!("the server keeps only {} of this name", &name[..end]))
            .why("it cuts a name to 63 bytes with no more than a notice: code that looks for the whole name, and another long name that is \
                  the same up to there, go wrong; no change is shown: choose a shorter name")
            .evidence("length", name.len(), "bytes", "the statement");
        cx.report(finding);
    }
}

/// The names that a statement gives.
fn given(act: &Act) -> Vec<String> {
    match act {
        Act::CreateTable(made) => {
            let columns = made.columns.iter().map(|column| column.name.clone());
            let constraints = made.constraints.iter().filter_map(|one| one.name.clone());
            std::iter::once(made.name.name.clone()).chain(columns).chain(constraints).collect()
        }
        Act::CreateTableAs { name, .. }
        | Act::CreateView { name, .. }
        | Act::CreateSequence { name, .. }
        | Act::CreateType { name, .. }
        | Act::CreateDomain { name, .. }
        | Act::CreateFunction { name, .. }
        | Act::Create { object: Object::Schema, name, .. } => vec![name.name.clone()],
        Act::CreateIndex(index) => index.name.iter().cloned().collect(),
        Act::CreateTrigger { name, .. } | Act::CreatePolicy { name, .. } => vec![name.clone()],
        Act::Alter { clauses, .. } => clauses.iter().filter_map(|clause| named(&clause.action)).collect(),
        _ => Vec::new(),
    }
}

fn named(action: &Action) -> Option<String> {
    match action {
        Action::AddColumn { column, .. } => Some(column.name.clone()),
        Action::AddConstraint(constraint) => constraint.name.clone(),
        Action::Rename { to } | Action::RenameColumn { to, .. } | Action::RenameConstraint { to, .. } => {
            Some(to.clone())
        }
        _ => None,
    }
}
