//! Why an existing index could go.

use std::collections::HashSet;

use super::{Look, WINDOW_S};
use crate::index::Index;
use crate::port::{Existing, IndexId};

/// Why an index could go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Never read in a window that is long enough.
    Unused,
    /// Another one, which stays, is the same.
    Duplicate(IndexId),
    /// Another one, which stays, begins with the same keys.
    Redundant(IndexId),
    /// These new ones serve what it served.
    Replaced(Vec<IndexId>),
    /// Its upkeep is more than what the workload gains by it.
    DoesNotPay,
}

impl Reason {
    /// The word of the report.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Duplicate(_) => "duplicate",
            Self::Redundant(_) => "redundant",
            Self::Replaced(_) => "replaced",
            Self::DoesNotPay => "does not pay",
        }
    }
}

/// What could go, each with its reason. `read` holds the indexes that plans of the workload read.
pub(super) fn reasons(look: &Look<'_>, existing: &[Existing], read: &HashSet<IndexId>) -> Vec<(IndexId, Reason)> {
    let mut order: Vec<IndexId> = (0..existing.len()).filter(|&id| may_go(look, &existing[id])).collect();
    // Of two that could each stand in for the other, the less read one goes.
    order.sort_by_key(|&id| (existing[id].scans.unwrap_or(0), std::cmp::Reverse(existing[id].bytes), id));
    let mut going: Vec<(IndexId, Reason)> = Vec::new();
    for id in order {
        let stays = |other: &IndexId| *other != id && !going.iter().any(|(gone, _)| gone == other);
        if let Some(reason) = reason(look, existing, id, read.contains(&id), stays) {
            going.push((id, reason));
        }
    }
    while let Some(at) = going.iter().position(|(_, reason)| relies_on_one_of(reason, &going)) {
        // What was to stand in for it goes too: another reason, or it stays.
        let (id, _) = going.swap_remove(at);
        let stays = |other: &IndexId| *other != id && !going.iter().any(|(gone, _)| gone == other);
        let again = reason(look, existing, id, read.contains(&id), stays);
        going.extend(again.map(|reason| (id, reason)));
    }
    let costly = |id: &IndexId| read.contains(id) && existing[*id].upkeep * look.upkeep > 0.0;
    // Only a guess until the rehearsal: what is to stand in for another one stays.
    let guessed: Vec<_> = (0..existing.len())
        .filter(|id| costly(id) && !existing[*id].bound && may_go(look, &existing[*id]))
        .filter(|id| going.iter().all(|(gone, reason)| gone != id && partner(reason) != Some(*id)))
        .map(|id| (id, Reason::DoesNotPay))
        .collect();
    going.extend(guessed);
    going.sort_by_key(|(id, _)| *id);
    going
}

/// The old index that stands in for one that goes for this reason.
pub(super) const fn partner(reason: &Reason) -> Option<IndexId> {
    match reason {
        Reason::Duplicate(other) | Reason::Redundant(other) => Some(*other),
        _ => None,
    }
}

fn relies_on_one_of(reason: &Reason, going: &[(IndexId, Reason)]) -> bool {
    partner(reason).is_some_and(|other| going.iter().any(|(gone, _)| *gone == other))
}

fn may_go(look: &Look<'_>, existing: &Existing) -> bool {
    let whole = format!("{}.{}", existing.index.table.schema, existing.name);
    existing.keeps.is_none() && !look.options.keep.iter().any(|kept| *kept == existing.name || *kept == whole)
}

fn reason(
    look: &Look<'_>,
    existing: &[Existing],
    id: IndexId,
    read: bool,
    stays: impl Fn(&IndexId) -> bool,
) -> Option<Reason> {
    let own = &existing[id];
    let others = || (0..existing.len()).filter(|other| stays(other));
    if let Some(same) = others().find(|&other| existing[other].index == own.index) {
        return Some(Reason::Duplicate(same));
    }
    if let Some(wider) = others().find(|&other| begins(&own.index, &existing[other].index)) {
        return Some(Reason::Redundant(wider));
    }
    let new = look.chosen.iter().filter(|(_, index)| begins(&own.index, index));
    let new: Vec<IndexId> = new.map(|(id, _)| *id).collect();
    if !new.is_empty() {
        return Some(Reason::Replaced(new));
    }
    let counted = !own.bound && own.scans == Some(0) && look.window_s.is_some_and(|window| window >= WINDOW_S);
    // What the workload does not read at all may serve statements that it does not hold: its upkeep tells nothing.
    (counted && !read).then_some(Reason::Unused)
}

/// Whether `wide` begins with all keys of `narrow`, holds the same rows, and all its columns.
fn begins(narrow: &Index, wide: &Index) -> bool {
    let ordered = narrow.method == "btree" && wide.method == "btree" && narrow.table == wide.table;
    let held = |column: &String| {
        wide.include.contains(column) || wide.keys.iter().any(|key| key.part.column() == Some(column.as_str()))
    };
    ordered
        && wide.keys.starts_with(&narrow.keys)
        && wide.predicate == narrow.predicate
        && narrow.include.iter().all(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::ObjectName;

    fn on(columns: &[&str], include: &[&str]) -> Index {
        let table = ObjectName { schema: "public".to_owned(), name: "t".to_owned() };
        let include = include.iter().map(|&column| column.to_owned()).collect();
        Index { include, ..Index::btree(table, columns.iter().copied()) }
    }

    #[test]
    fn an_index_begins_another_when_it_can_stand_in_for_it() {
        assert!(begins(&on(&["a"], &[]), &on(&["a", "b"], &[])));
        assert!(begins(&on(&["a"], &["b"]), &on(&["a", "b"], &[])));
        assert!(begins(&on(&["a"], &["c"]), &on(&["a", "b"], &["c"])));
        assert!(!begins(&on(&["b"], &[]), &on(&["a", "b"], &[])));
        assert!(!begins(&on(&["a"], &["d"]), &on(&["a", "b"], &["c"])));
        let part = Index { predicate: Some("b > 1".to_owned()), ..on(&["a", "b"], &[]) };
        assert!(!begins(&on(&["a"], &[]), &part));
        let hash = Index { method: "hash".to_owned(), ..on(&["a"], &[]) };
        assert!(!begins(&hash, &on(&["a"], &[])));
    }
}
