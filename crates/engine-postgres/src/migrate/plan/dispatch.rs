//! Which method a statement gets.

use dbwright_core::Failure;
use dbwright_migrate::{Planned, Statement};

use crate::ddl::{Act, Name};

use super::{Catalog, plain, shadow};

/// The table, or other relation, that an act is about.
pub(super) fn concerns(act: &Act) -> Option<&Name> {
    match act {
        Act::Alter { name, .. } | Act::Refresh { name, .. } => Some(name),
        Act::CreateIndex(index) => Some(&index.table),
        Act::CreateTrigger { table, .. }
        | Act::CreatePolicy { table, .. }
        | Act::Insert { table, .. }
        | Act::Update { table, .. }
        | Act::Delete { table, .. }
        | Act::Merge { table }
        | Act::CopyFrom { table } => Some(table),
        Act::Drop { names, on, .. } => on.as_ref().or_else(|| names.first()),
        Act::Truncate { tables, .. } | Act::LockTable { tables, .. } => tables.first(),
        Act::Cluster { table } => table.as_ref(),
        Act::Reindex { name, .. } => name.as_ref(),
        _ => None,
    }
}

/// The relation that an act makes.
pub(super) fn makes(act: &Act) -> Option<&Name> {
    match act {
        Act::CreateTable(table) => Some(&table.name),
        Act::CreateTableAs { name, .. } | Act::CreateView { name, .. } => Some(name),
        _ => None,
    }
}

/// Plans a statement by its acts.
pub(super) async fn dispatch(catalog: &Catalog<'_>, statement: &Statement, acts: &[Act]) -> Result<Planned, Failure> {
    if let Some(planned) = shadow::asked(catalog, statement, acts).await? {
        return Ok(planned);
    }
    plain::as_is(catalog, statement, acts).await
}
