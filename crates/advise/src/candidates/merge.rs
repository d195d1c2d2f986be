//! Merges of two candidates, and prefixes of one: what serves several statements a little worse, for less room.

use std::collections::HashSet;

use crate::index::{Index, Key};

/// Most keys of a merge.
const LONGEST: usize = 6;

/// Most columns that a merge carries along.
const WIDEST: usize = 16;

/// Merges and prefixes of some ordered indexes that are not among them, in an order that depends on nothing else.
#[must_use]
pub fn merges(indexes: &[Index]) -> Vec<Index> {
    let mut seen: HashSet<Index> = indexes.iter().cloned().collect();
    let mut found = Vec::new();
    let ordered: Vec<&Index> =
        indexes.iter().filter(|index| index.method == "btree" && index.options.is_empty()).collect();
    let mut keep = |index: Index| {
        if !seen.contains(&index) {
            seen.insert(index.clone());
            found.push(index);
        }
    };
    for index in &ordered {
        prefixes(index).into_iter().for_each(&mut keep);
    }
    for (at, a) in ordered.iter().enumerate() {
        for b in ordered.iter().skip(at + 1).filter(|b| b.table == a.table && b.predicate == a.predicate) {
            for (first, second) in [(a, b), (b, a)] {
                merge(first, second).into_iter().for_each(&mut keep);
            }
        }
    }
    found
}

/// The index without what it carries along, and with fewer keys.
fn prefixes(index: &Index) -> Vec<Index> {
    let mut found = Vec::new();
    if !index.include.is_empty() {
        found.push(Index { include: Vec::new(), ..index.clone() });
    }
    for length in (1..index.keys.len()).rev() {
        let keys = index.keys.iter().take(length).cloned().collect();
        found.push(Index { keys, include: Vec::new(), ..index.clone() });
    }
    found
}

/// The first index, grown by what the second one has: as further keys, and as columns carried along. Only where both begin
/// alike, or all keys of one are among the other's; else the second one would not be served.
fn merge(first: &Index, second: &Index) -> Vec<Index> {
    let has = |index: &Index, key: &Key| index.keys.iter().any(|known| known.part == key.part);
    let alike = first.keys.first() == second.keys.first();
    let within = second.keys.iter().all(|key| has(first, key));
    if !alike && !within {
        return Vec::new();
    }
    let more: Vec<Key> = second.keys.iter().filter(|key| !has(first, key)).cloned().collect();
    let carried = |keys: &[Key]| {
        let columns = first
            .include
            .iter()
            .chain(&second.include)
            .cloned()
            .chain(second.keys.iter().filter_map(|key| key.part.column().map(str::to_owned)));
        let mut include: Vec<String> =
            columns.filter(|name| !keys.iter().any(|key| key.part.column() == Some(name))).collect();
        include.sort();
        include.dedup();
        include
    };
    let mut found = Vec::new();
    let long: Vec<Key> = first.keys.iter().cloned().chain(more.iter().cloned()).collect();
    for keys in [first.keys.clone(), long] {
        let include = carried(&keys);
        let lost = more.iter().any(|key| key.part.column().is_none() && !keys.contains(key));
        if keys.len() <= LONGEST && include.len() <= WIDEST && !lost {
            found.push(Index { keys, include, ..first.clone() });
        }
    }
    found
}
