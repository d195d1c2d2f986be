//! Which part of an index a statement can use at all. Two indexes that differ in the rest only give the same plan, up to what
//! their sizes change about its cost.

use crate::index::{Index, Key, KeyPart};
use crate::usage::{Operator, TableUse, Usage};

/// The part of an index that a statement can use.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Access method.
    pub method: String,
    /// Keys up to the last one that any reference can use; all of them where their order means nothing.
    pub keys: Vec<Key>,
    /// Whether there are more keys than one: the planner trusts the order of the rows less then.
    pub several: bool,
    /// The predicate.
    pub predicate: Option<String>,
    /// Storage parameters.
    pub options: Vec<(String, String)>,
    /// What each reference that can use it does so with.
    pub parts: Vec<Part>,
}

/// What one reference can use of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// Position of the reference in the usage.
    pub table: usize,
    /// Number of keys up to the last one that it can use.
    pub keys: usize,
    /// Whether the index has all columns that are needed.
    pub covered: bool,
}

/// The part of an index that a statement can use; none when it can't use it at all.
#[must_use]
pub fn relevant(index: &Index, usage: &Usage) -> Option<Signature> {
    let own = usage.tables.iter().enumerate().filter(|(_, table)| table.table == index.table);
    let parts: Vec<Part> = own.filter_map(|(at, table)| part(index, table, at)).collect();
    let longest = parts.iter().map(|part| part.keys).max()?;
    Some(Signature {
        method: index.method.clone(),
        keys: index.keys.iter().take(longest).cloned().collect(),
        several: index.keys.len() > 1,
        predicate: index.predicate.clone(),
        options: index.options.clone(),
        parts,
    })
}

fn part(index: &Index, table: &TableUse, at: usize) -> Option<Part> {
    if !implied(index, table) {
        return None;
    }
    let covered = covers(index, table);
    let keys = if index.method == "btree" { ordered(index, table) } else { unordered(index, table) };
    // A predicate that holds is a reason to read the index even without a condition on its keys.
    (keys > 0 || covered || index.predicate.is_some()).then_some(Part { table: at, keys, covered })
}

/// Whether the statement has a condition on a column that the predicate names, without which it can't follow.
fn implied(index: &Index, table: &TableUse) -> bool {
    let Some(predicate) = &index.predicate else { return true };
    let alone = table.conditions.iter();
    if alone.clone().any(|condition| condition.text == *predicate) {
        return true;
    }
    let named = |part: &KeyPart| match part {
        KeyPart::Column(name) | KeyPart::Expression(name) => predicate.contains(name.as_str()),
    };
    alone.clone().any(|condition| named(&condition.part) || predicate.contains(&condition.text))
        || table.joins.iter().any(|join| named(&join.part))
        || table.nested.iter().any(|condition| named(&condition.part))
}

fn covers(index: &Index, table: &TableUse) -> bool {
    let has =
        |name: &String| index.include.contains(name) || index.keys.iter().any(|key| key.part.column() == Some(name));
    matches!(index.method.as_str(), "btree" | "gist" | "spgist")
        && table.needed.as_ref().is_some_and(|needed| needed.iter().all(has))
}

/// Keys of an ordered index up to the last one that serves a condition, a join or an order.
fn ordered(index: &Index, table: &TableUse) -> usize {
    let mut last = 0;
    // Whether the keys so far leave the order of the next one intact.
    let mut intact = true;
    for (at, key) in index.keys.iter().enumerate() {
        let bound = table
            .conditions
            .iter()
            .chain(&table.nested)
            .any(|c| serves(key, &c.part) && c.operator != Operator::Filter);
        let joined = table.joins.iter().any(|join| serves(key, &join.part));
        let wanted = wanted(key, table);
        let tested = table.conditions.iter().any(|c| c.symbol == "IS NOT NULL" && serves(key, &c.part));
        if bound || joined || tested || (wanted && intact) {
            last = at + 1;
        }
        intact &= wanted || joined || bound;
    }
    last
}

/// Keys of an index without order: all of them, or none.
fn unordered(index: &Index, table: &TableUse) -> usize {
    let served = |key: &Key| {
        let conditions = table.conditions.iter().chain(&table.nested).any(|condition| serves(key, &condition.part));
        conditions || table.joins.iter().any(|join| serves(key, &join.part))
    };
    if index.keys.iter().any(served) { index.keys.len() } else { 0 }
}

fn wanted(key: &Key, table: &TableUse) -> bool {
    let ordered = table.orders.iter().flatten().any(|wish| serves(key, &wish.part));
    ordered || table.groups.iter().flatten().any(|part| serves(key, part))
}

/// Whether a key is on what is asked for: the same, or an expression around the same column that differs by its collation.
fn serves(key: &Key, part: &KeyPart) -> bool {
    if key.part == *part {
        return true;
    }
    match (&key.part, part) {
        (KeyPart::Column(name), KeyPart::Expression(text)) => {
            text.contains(" COLLATE ") && text.contains(name.as_str())
        }
        _ => false,
    }
}
