//! `sql/redundant-index`: an index whose work another, wider one does as well.

use dbwright_core::{Cx, Finding, Severity};

use crate::indexing::{index_bytes, same_key};
use crate::model::{Catalog, Index, Table};
use crate::{Dialect, render};

/// Reports plain btree indexes that are a left prefix of another.
pub(super) fn check(cx: &mut Cx<'_, Catalog>) {
    let catalog = cx.body;
    for table in catalog.indexed_tables().filter(|table| table.indexes.len() > 1) {
        for index in table.indexes.iter().filter(|index| can_go(index)) {
            let wider = table.indexes.iter().filter(|other| covers(catalog.dialect, other, index));
            if let Some(wider) = wider.min_by_key(|other| (other.bytes, other.id)) {
                let finding = finding(cx, table, index, wider);
                cx.report(finding);
            }
        }
    }
}

/// Whether an index only serves queries.
fn can_go(index: &Index) -> bool {
    let owned = index.constraint.is_some() || index.automatic || index.parent.is_some() || index.replica_identity;
    index.valid && index.method == "btree" && !index.unique && !owned
}

/// Whether every search and order that `index` serves, `other` serves too, and the two are not equal.
fn covers(dialect: Dialect, other: &Index, index: &Index) -> bool {
    let keys = index.keys.len();
    if other.id == index.id
        || !other.valid
        || other.method != "btree"
        || other.predicate != index.predicate
        || other.keys.len() < keys
    {
        return false;
    }
    let same = |reversed| index.keys.iter().zip(&other.keys).all(|(a, b)| same_key(dialect, a, b, reversed));
    let carried = |column: &String| {
        other.include.contains(column) || other.keys.iter().any(|key| key.column.as_ref() == Some(column))
    };
    let straight = same(false);
    // Equal in all but name is `sql/duplicate-index`; turned round and equal, one of the two goes: the younger.
    let equal = other.keys.len() == keys && other.unique == index.unique && other.include.len() == index.include.len();
    index.include.iter().all(carried) && (straight || same(true)) && (!equal || (!straight && other.id < index.id))
}

fn finding(cx: &Cx<'_, Catalog>, table: &Table, index: &Index, wider: &Index) -> Finding {
    let catalog = cx.body;
    let name = |index: &Index| catalog.dialect.name(&index.name);
    let equal_keys = wider.keys.len() == index.keys.len();
    let relation = if equal_keys { "has the same keys" } else { "begins with the same keys" };
    let title =
        format!("index {} of {} is redundant: {} {relation}", name(index), catalog.qualified(table), name(wider));
    let mut finding = cx
        .finding(catalog.subject_in(table, &index.name), title)
        .severity(severity(index_bytes(catalog, table, index), equal_keys, cx.limit("large_bytes")))
        .evidence("covered_by", wider.name.as_str(), "", "catalog");
    for (label, index) in [("bytes", index), ("covered_by.bytes", wider)] {
        if let Some(bytes) = index_bytes(catalog, table, index) {
            finding = finding.evidence(label, bytes, "bytes", "catalog");
        }
    }
    for (label, index) in [("definition", index), ("covered_by.definition", wider)] {
        if let Some(definition) = &index.definition {
            finding = finding.evidence(label, definition.as_str(), "", "catalog");
        }
    }
    let why = "every write keeps both up to date, while the wider index answers the same searches, if over somewhat more pages";
    match render::drop_index(catalog, table, index) {
        Ok(change) => finding.why(why).change(change),
        Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
    }
}

/// A narrow index can be the better one for a hot query, so only a large one, or one with the same keys, is medium.
fn severity(bytes: Option<u64>, equal_keys: bool, large: f64) -> Severity {
    let is_large = bytes.is_some_and(|bytes| bytes as f64 >= large);
    if equal_keys || is_large { Severity::Medium } else { Severity::Low }
}
