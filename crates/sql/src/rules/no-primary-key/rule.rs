//! `sql/no-primary-key`: a table whose rows have no name.
//!
//! A unique index over NOT NULL columns names the rows but not for everyone: replication asks for a key or a
//! replica identity. So it makes the finding mild instead of making it go away; a replica identity does that.

use dbwright_core::{Cx, Severity};

use crate::Dialect;
use crate::indexing::{self, names_rows};
use crate::model::{Catalog, Table, TableKind};
use crate::render::{self, Surroundings};

/// Reports tables with rows of their own that have no primary key.
pub(super) fn check(cx: &mut Cx<'_, Catalog>) {
    let catalog = cx.body;
    let around = Surroundings::of(catalog);
    for table in catalog.user_tables().filter(|t| !t.is_partition && t.primary_key().is_none()) {
        look(cx, &around, table);
    }
}

fn look(cx: &mut Cx<'_, Catalog>, around: &Surroundings<'_>, table: &Table) {
    let catalog = around.catalog;
    let unique = table.indexes.iter().find(|index| names_rows(table, index));
    let identified = table.indexes.iter().any(|index| index.replica_identity && names_rows(table, index));
    // InnoDB takes such an index for the clustered one, and replication finds rows by it.
    let needs_none = catalog.dialect != Dialect::Postgres || table.kind == TableKind::Partitioned;
    if identified || (unique.is_some() && needs_none) {
        return;
    }
    let name = catalog.qualified(table);
    let count = table.indexes.iter().filter(|index| names_rows(table, index)).count();
    let mut finding = cx
        .finding(catalog.subject(table), format!("table {name} has no primary key"))
        .evidence("primary_key", 0, "constraints", "catalog")
        .evidence("unique_indexes_over_not_null_columns", count, "indexes", "catalog");
    if let Some(rows) = indexing::rows(catalog, table) {
        finding = finding.evidence("rows", rows.round(), "rows", "catalog");
    }
    let mut why = match unique {
        None => "nothing stops two rows from being equal, and nothing names a single one".to_owned(),
        Some(index) => format!(
            "the unique index {} names each row, but logical replication and tools that copy tables look for a primary key or a \
             replica identity",
            catalog.dialect.name(&index.name)
        ),
    };
    if unique.is_some() {
        finding = finding.severity(Severity::Low);
    }
    match render::add_key(around, table, unique) {
        Ok(change) => finding = finding.change(change),
        Err(reason) => why = format!("{why}. No change is given: {reason}"),
    }
    cx.report(finding.why(why));
}
