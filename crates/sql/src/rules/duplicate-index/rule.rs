//! `sql/duplicate-index`: two indexes that are the same in all but name.

use std::collections::HashSet;

use dbwright_core::Cx;

use crate::indexing::{index_bytes, is_deferrable, needed_by_foreign_keys, same_key};
use crate::model::{Catalog, Index, ObjectId, Table};
use crate::{Dialect, render};

/// Reports each index that another one of its table equals and that can go.
pub(super) fn check(cx: &mut Cx<'_, Catalog>) {
    let catalog = cx.body;
    let needed = needed_by_foreign_keys(catalog);
    for table in catalog.indexed_tables().filter(|table| table.indexes.len() > 1) {
        let mut usable: Vec<&Index> = table.indexes.iter().filter(|index| index.valid).collect();
        usable.sort_by_key(|index| (worth(index, &needed), index.id));
        for (at, index) in usable.iter().enumerate() {
            let kept = usable[..at].iter().find(|other| equal(catalog.dialect, table, other, index));
            if let Some(kept) = kept.filter(|_| worth(index, &needed) > Worth::Attached) {
                report(cx, table, index, kept);
            }
        }
    }
}

/// Why an index is kept before its equals, the strongest reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Primary,
    ForeignKey,
    ReplicaIdentity,
    Automatic,
    Attached,
    Constraint,
    Plain,
}

fn worth(index: &Index, needed: &HashSet<ObjectId>) -> Worth {
    match index {
        _ if index.primary => Worth::Primary,
        _ if needed.contains(&index.id) => Worth::ForeignKey,
        _ if index.replica_identity => Worth::ReplicaIdentity,
        _ if index.automatic => Worth::Automatic,
        _ if index.parent.is_some() => Worth::Attached,
        _ if index.constraint.is_some() => Worth::Constraint,
        _ => Worth::Plain,
    }
}

fn equal(dialect: Dialect, table: &Table, a: &Index, b: &Index) -> bool {
    a.method == b.method
        && a.unique == b.unique
        && is_deferrable(table, a) == is_deferrable(table, b)
        && a.nulls_not_distinct == b.nulls_not_distinct
        && a.predicate == b.predicate
        && a.include == b.include
        && a.keys.len() == b.keys.len()
        && a.keys.iter().zip(&b.keys).all(|(a, b)| same_key(dialect, a, b, false))
}

fn report(cx: &mut Cx<'_, Catalog>, table: &Table, index: &Index, kept: &Index) {
    let catalog = cx.body;
    let name = |index: &Index| catalog.dialect.name(&index.name);
    let title = format!("index {} of {} is the same as {}", name(index), catalog.qualified(table), name(kept));
    let mut finding = cx
        .finding(catalog.subject_in(table, &index.name), title)
        .evidence("kept", kept.name.as_str(), "", "catalog")
        .evidence("definition", definition(index), "", "catalog");
    if let Some(bytes) = index_bytes(catalog, table, index) {
        finding = finding.evidence("bytes", bytes, "bytes", "catalog");
    }
    let why = "every write keeps both up to date and both take space and cache, while queries need only one";
    cx.report(match render::drop_index(catalog, table, index) {
        Ok(change) => finding.why(why).change(change),
        Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
    });
}

fn definition(index: &Index) -> String {
    index.definition.clone().unwrap_or_else(|| index.leading_columns().collect::<Vec<_>>().join(", "))
}
