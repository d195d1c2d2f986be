//! Which locks a statement takes on tables that were there before it.

use std::sync::Arc;

use super::scene::Scene;
use super::world::Table;
use crate::ddl::{Act, Action, ColumnConstraint, ConstraintKind, Name, Object};
use crate::migrate::LockMode;

/// A lock that a statement takes.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The table.
    pub table: Arc<Table>,
    /// The mode.
    pub mode: LockMode,
}

/// The locks of an act, one for each table, on tables that others can use.
#[must_use]
pub fn taken(scene: &Scene, act: &Act) -> Vec<Taken> {
    let found = named(scene, act).into_iter();
    let taken = found.map(|(name, mode)| Taken { table: scene.world.table(&name), mode });
    taken.filter(|one| !one.table.fresh()).collect()
}

fn named(scene: &Scene, act: &Act) -> Vec<(Name, LockMode)> {
    use LockMode::{AccessExclusive, Exclusive, RowExclusive, Share, ShareRowExclusive, ShareUpdateExclusive};
    let all = |names: &[Name], mode| names.iter().map(|name| (name.clone(), mode)).collect();
    match act {
        Act::Alter { object: Object::Table | Object::ForeignTable, name, clauses, .. } => {
            let actions: Vec<&Action> = clauses.iter().map(|clause| &clause.action).collect();
            altered(name, &actions)
        }
        Act::CreateIndex(index) => {
            vec![(index.table.clone(), if index.concurrently { ShareUpdateExclusive } else { Share })]
        }
        Act::CreateTable(table) => {
            let mut found: Vec<_> = table.partition_of.iter().map(|of| (of.clone(), AccessExclusive)).collect();
            found.extend(
                table.constraints.iter().filter_map(|one| referenced(&one.kind)).map(|to| (to, ShareRowExclusive)),
            );
            let columns = table.columns.iter().flat_map(|column| &column.constraints);
            found.extend(columns.filter_map(inline).map(|to| (to, ShareRowExclusive)));
            found
        }
        Act::CreateTrigger { table, .. } => vec![(table.clone(), ShareRowExclusive)],
        Act::Drop { object: Object::Table | Object::MaterializedView, names, .. } => all(names, AccessExclusive),
        Act::Drop { object: Object::Index, names, concurrently, .. } => {
            let mode = if *concurrently { ShareUpdateExclusive } else { AccessExclusive };
            let tables = names.iter().filter_map(|name| scene.world.index(name));
            tables.map(|(table, _)| (name_of(&table), mode)).collect()
        }
        Act::CreatePolicy { table, .. } | Act::Drop { on: Some(table), .. } | Act::Cluster { table: Some(table) } => {
            vec![(table.clone(), AccessExclusive)]
        }
        Act::Truncate { tables, .. } => all(tables, AccessExclusive),
        Act::LockTable { tables, mode, .. } => all(tables, LockMode::read(mode).unwrap_or(AccessExclusive)),
        Act::Vacuum { full, tables, .. } => all(tables, if *full { AccessExclusive } else { ShareUpdateExclusive }),
        Act::Analyze { tables } => all(tables, ShareUpdateExclusive),
        Act::Refresh { name, concurrently, .. } => {
            vec![(name.clone(), if *concurrently { Exclusive } else { AccessExclusive })]
        }
        Act::Reindex { what, name: Some(name), concurrently } if what == "TABLE" => {
            vec![(name.clone(), if *concurrently { ShareUpdateExclusive } else { Share })]
        }
        Act::Insert { table, .. }
        | Act::Update { table, .. }
        | Act::Delete { table, .. }
        | Act::Merge { table }
        | Act::CopyFrom { table } => vec![(table.clone(), RowExclusive)],
        _ => Vec::new(),
    }
}

/// The locks of an `ALTER TABLE`: the strongest of its clauses, and those on other tables.
fn altered(name: &Name, actions: &[&Action]) -> Vec<(Name, LockMode)> {
    let strongest = actions.iter().map(|action| own(action)).max().unwrap_or(LockMode::AccessExclusive);
    let mut found = vec![(name.clone(), strongest)];
    for action in actions {
        match action {
            Action::AddConstraint(constraint) => {
                found.extend(referenced(&constraint.kind).map(|to| (to, LockMode::ShareRowExclusive)));
            }
            Action::AddColumn { column, .. } => {
                found.extend(column.constraints.iter().filter_map(inline).map(|to| (to, LockMode::ShareRowExclusive)));
            }
            Action::AttachPartition { name, .. } => found.push((name.clone(), LockMode::AccessExclusive)),
            Action::DetachPartition { name, concurrently: false, .. } => {
                found.push((name.clone(), LockMode::AccessExclusive));
            }
            _ => {}
        }
    }
    found
}

/// The lock that a clause takes on its own table.
pub(super) fn own(action: &Action) -> LockMode {
    match action {
        Action::ColumnSetting { .. }
        | Action::Parameters
        | Action::ClusterOn
        | Action::ValidateConstraint { .. }
        | Action::AttachPartition { .. }
        | Action::DetachPartition { concurrently: true, .. }
        | Action::DetachPartition { finalize: true, .. } => LockMode::ShareUpdateExclusive,
        Action::Trigger { .. } => LockMode::ShareRowExclusive,
        Action::AddConstraint(constraint) if matches!(constraint.kind, ConstraintKind::ForeignKey { .. }) => {
            LockMode::ShareRowExclusive
        }
        _ => LockMode::AccessExclusive,
    }
}

fn referenced(kind: &ConstraintKind) -> Option<Name> {
    if let ConstraintKind::ForeignKey { table, .. } = kind { Some(table.clone()) } else { None }
}

fn inline(constraint: &ColumnConstraint) -> Option<Name> {
    if let ColumnConstraint::References { table, .. } = constraint { Some(table.clone()) } else { None }
}

fn name_of(table: &Table) -> Name {
    Name { schema: Some(table.schema.clone()), name: table.name.clone() }
}
