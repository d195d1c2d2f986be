//! Candidates that only a measurement can value: covering indexes without the rows that a statement never wants.
//!
//! Estimates see little in them, because reading such an index whole costs about as many pages as they promise to save
//! elsewhere. Measured, they spare a statement the width of the rows and the conditions on each of them.

use std::collections::HashSet;

use dbwright_core::Failure;

use crate::index::{Index, Key, KeyPart};
use crate::port::{Estimate, Query, WhatIf};
use crate::usage::{Condition, Operator, TableUse};

/// Queries that are looked at, the dearest first.
const QUERIES: usize = 60;
/// Rows of a table that is worth it.
const ROWS: f64 = 10_000.0;
/// Most columns that are carried along.
const WIDEST: usize = 8;

/// Such candidates as far as the engine accepts them. `defined` gets them as well.
pub(super) async fn candidates(
    queries: &[Query],
    what_if: &dyn WhatIf,
    defined: &mut Vec<Index>,
) -> Result<Vec<(Index, Estimate)>, Failure> {
    let mut wanted = wanted(queries);
    let mut seen: HashSet<Index> = defined.iter().cloned().collect();
    wanted.retain(|index| seen.insert(index.clone()));
    let estimates = what_if.define(&wanted).await?;
    defined.extend(wanted.iter().cloned());
    Ok(wanted.into_iter().zip(estimates).filter_map(|(index, estimate)| Some((index, estimate.ok()?))).collect())
}

/// Definitions, each once.
fn wanted(queries: &[Query]) -> Vec<Index> {
    let mut order: Vec<usize> = (0..queries.len()).collect();
    order.sort_by(|a, b| queries[*b].cost.total_cmp(&queries[*a].cost).then(a.cmp(b)));
    order.truncate(QUERIES);
    let mut found: Vec<Index> = Vec::new();
    for at in &order {
        for table in queries[*at].usage.tables.iter().filter(|table| table.rows >= ROWS && !table.written) {
            found.extend(of(queries, *at, table));
        }
    }
    found.extend(unions(queries, &order));
    found
}

/// The slim indexes of one reference.
fn of(queries: &[Query], query: usize, table: &TableUse) -> Vec<Index> {
    let fixed: Vec<&Condition> = table.conditions.iter().filter(|one| stays(queries, query, table, one)).collect();
    let mut predicates: Vec<Vec<&Condition>> = fixed.iter().map(|one| vec![*one]).collect();
    if fixed.len() > 1 {
        predicates.insert(0, fixed);
    }
    predicates.truncate(4);
    let mut found = Vec::new();
    for predicate in predicates {
        for keys in keys(table, &predicate) {
            for all in [false, true] {
                let Some(include) = carried(table, &keys, &predicate, all) else { continue };
                let text = text(&predicate);
                let index = Index {
                    keys: keys.clone(),
                    include,
                    predicate: Some(text),
                    ..Index::btree::<String>(table.table.clone(), [])
                };
                if !found.contains(&index) {
                    found.push(index);
                }
            }
        }
    }
    found
}

/// Whether a condition could be a predicate: it holds alone, names no parameter, and all queries of the statement have it.
/// Ranges are left to keys: they move with the time.
fn stays(queries: &[Query], query: usize, table: &TableUse, condition: &Condition) -> bool {
    let plain = matches!(condition.operator, Operator::Equal | Operator::In | Operator::Filter | Operator::Pattern);
    let compares = condition.constant.is_none() && condition.operator == Operator::Range;
    let lone = condition.alternative.is_none() && !condition.text.is_empty() && !condition.text.contains('$');
    let statement = queries[query].statement;
    let mut others = queries.iter().filter(|other| other.statement == statement);
    let has = |other: &Query| {
        let same = other.usage.tables.iter().filter(|one| one.table == table.table);
        same.flat_map(|one| &one.conditions).any(|one| one.text == condition.text)
    };
    (plain || compares) && lone && others.all(has)
}

/// Lists of keys: what the other conditions search for, and each join alone.
fn keys(table: &TableUse, predicate: &[&Condition]) -> Vec<Vec<Key>> {
    let free = |operators: &[Operator]| -> Vec<Key> {
        let conditions =
            table.conditions.iter().filter(|one| one.alternative.is_none() && operators.contains(&one.operator));
        let free =
            conditions.filter(|one| one.constant.is_some() && !predicate.iter().any(|fixed| fixed.text == one.text));
        unique(free.map(|one| Key::of(one.part.clone())))
    };
    let mut searched = free(&[Operator::Equal, Operator::In]);
    searched.extend(free(&[Operator::Range]).into_iter().take(1));
    let searched = unique(searched.into_iter());
    let mut lists: Vec<Vec<Key>> =
        unique(table.joins.iter().map(|join| Key::of(join.part.clone()))).into_iter().map(|key| vec![key]).collect();
    lists.truncate(3);
    if !searched.is_empty() {
        lists.insert(0, searched);
    }
    lists
}

fn unique(keys: impl Iterator<Item = Key>) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    for key in keys {
        if !found.iter().any(|known| known.part == key.part) {
            found.push(key);
        }
    }
    found
}

/// The columns to carry along so that the index alone serves; without `all`, those that only the predicate names are left
/// out. None when the whole row is needed, or too much of it.
fn carried(table: &TableUse, keys: &[Key], predicate: &[&Condition], all: bool) -> Option<Vec<String>> {
    let is_key = |name: &str| keys.iter().any(|key| key.part.column() == Some(name));
    let fixed = |name: &str| predicate.iter().any(|one| one.part.column() == Some(name) || one.text.contains(name));
    let needed = table.needed.as_ref()?.iter().filter(|name| !is_key(name) && (all || !fixed(name)));
    let needed: Vec<String> = needed.cloned().collect();
    (needed.len() <= WIDEST).then_some(needed)
}

fn text(conditions: &[&Condition]) -> String {
    let bracketed =
        |text: &str| if text.starts_with('(') && text.ends_with(')') { text.to_owned() } else { format!("({text})") };
    match conditions {
        [one] => one.text.clone(),
        many => format!("({})", many.iter().map(|one| bracketed(&one.text)).collect::<Vec<_>>().join(" AND ")),
    }
}

/// Covering indexes on the same range or join for several queries: the narrowest first, each next one widens it.
fn unions(queries: &[Query], order: &[usize]) -> Vec<Index> {
    let mut uses: Vec<(&TableUse, &str, usize, &Vec<String>)> = Vec::new();
    for at in order {
        for table in queries[*at].usage.tables.iter().filter(|table| table.rows >= ROWS && !table.written) {
            let ranges =
                table.conditions.iter().filter(|one| one.operator == Operator::Range && one.alternative.is_none());
            let ranges = ranges.filter(|one| one.constant.is_some()).map(|one| &one.part);
            let joins = table.joins.iter().map(|join| &join.part);
            let columns: HashSet<&str> = ranges.chain(joins).filter_map(KeyPart::column).collect();
            if let Some(needed) = table.needed.as_ref() {
                uses.extend(columns.into_iter().map(|column| (table, column, *at, needed)));
            }
        }
    }
    uses.sort_by(|a, b| (&a.0.table, a.1, a.3.len(), a.2).cmp(&(&b.0.table, b.1, b.3.len(), b.2)));
    let mut found = Vec::new();
    for group in uses.chunk_by(|a, b| (&a.0.table, a.1) == (&b.0.table, b.1)) {
        let mut include: Vec<String> = Vec::new();
        for (table, column, _, needed) in group {
            include.extend(needed.iter().filter(|name| name != column).cloned());
            include.sort();
            include.dedup();
            if include.len() > WIDEST {
                break;
            }
            let keys = vec![Key::of(KeyPart::Column((*column).to_owned()))];
            found.push(Index { keys, include: include.clone(), ..Index::btree::<String>(table.table.clone(), []) });
        }
    }
    found
}
