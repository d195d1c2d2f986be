//! Partial indexes: conditions that come back in the same words, and keep few rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{cover, keys};
use crate::index::{Index, Key, ObjectName};
use crate::port::Query;
use crate::usage::{Condition, Operator, TableUse};

/// Greatest share of the rows that a predicate may keep.
const GREATEST: f64 = 0.35;

/// Most predicates of one table, the ones with the most weight first.
const PREDICATES: usize = 6;

/// Most indexes of one predicate.
const INDEXES: usize = 8;

/// Partial candidates for a workload. A condition counts when all queries of its statement have it: one that changes from
/// call to call is a parameter, not a property of the statement.
#[must_use]
pub fn partial(queries: &[Query]) -> Vec<Index> {
    let fixed = Fixed::of(queries);
    let mut tables: BTreeMap<&ObjectName, HashMap<String, Predicate<'_>>> = BTreeMap::new();
    for query in queries {
        for table in &query.usage.tables {
            for predicate in fixed.predicates(query, table) {
                let text = text(&predicate);
                let entry = tables.entry(&table.table).or_default().entry(text);
                let entry = entry.or_insert_with(|| Predicate { conditions: predicate, weight: 0.0, uses: Vec::new() });
                entry.weight += query.share * query.cost.max(1.0);
                entry.uses.push(table);
            }
        }
    }
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for predicates in tables.into_values() {
        let mut predicates: Vec<_> = predicates.into_iter().collect();
        predicates.sort_by(|a, b| b.1.weight.total_cmp(&a.1.weight).then_with(|| a.0.cmp(&b.0)));
        for (text, predicate) in predicates.into_iter().take(PREDICATES) {
            found.extend(predicate.indexes(&text).into_iter().filter(|index| seen.insert(index.clone())));
        }
    }
    found
}

struct Predicate<'q> {
    conditions: Vec<&'q Condition>,
    weight: f64,
    uses: Vec<&'q TableUse>,
}

impl Predicate<'_> {
    /// The best lists of keys of the queries that have the predicate, without the columns that it fixes.
    fn indexes(&self, text: &str) -> Vec<Index> {
        let fixed = |key: &Key| {
            self.conditions.iter().any(|condition| condition.operator == Operator::Equal && condition.part == key.part)
        };
        let mut scored: Vec<(Index, f64)> = Vec::new();
        for table in &self.uses {
            let lists = keys::lists(table).into_iter().map(|(list, worth)| {
                let rest: Vec<Key> = list.iter().filter(|key| !fixed(key)).cloned().collect();
                (if rest.is_empty() { list.into_iter().take(1).collect() } else { rest }, worth)
            });
            for (list, worth) in lists {
                let predicate = Some(text.to_owned());
                let index = Index { keys: list, predicate, ..Index::btree::<String>(table.table.clone(), []) };
                if let Some(include) = cover::include(table, &index).filter(|include| !include.is_empty()) {
                    // The predicate's own columns need not be there to be known, but PostgreSQL wants to read them.
                    add(&mut scored, Index { include, ..index.clone() }, worth);
                }
                add(&mut scored, index, worth * 1.05);
            }
        }
        scored.sort_by(|a, b| b.1.total_cmp(&a.1));
        scored.into_iter().take(INDEXES).map(|(index, _)| index).collect()
    }
}

fn add(scored: &mut Vec<(Index, f64)>, index: Index, worth: f64) {
    match scored.iter_mut().find(|(known, _)| *known == index) {
        Some((_, known)) => *known = known.max(worth),
        None => scored.push((index, worth)),
    }
}

/// Conditions that every query of a statement has.
struct Fixed<'q> {
    queries: HashMap<usize, usize>,
    times: HashMap<(usize, &'q ObjectName, &'q str), usize>,
    /// Statements that have a condition.
    statements: HashMap<(&'q ObjectName, &'q str), usize>,
}

impl<'q> Fixed<'q> {
    fn of(queries: &'q [Query]) -> Self {
        let mut fixed = Self { queries: HashMap::new(), times: HashMap::new(), statements: HashMap::new() };
        for query in queries {
            *fixed.queries.entry(query.statement).or_default() += 1;
            let mut seen = HashSet::new();
            for table in &query.usage.tables {
                for condition in table.conditions.iter().filter(|condition| fits(condition)) {
                    if seen.insert((&table.table, condition.text.as_str())) {
                        let times = fixed.times.entry((query.statement, &table.table, &condition.text)).or_default();
                        *times += 1;
                        if *times == 1 {
                            *fixed.statements.entry((&table.table, &condition.text)).or_default() += 1;
                        }
                    }
                }
            }
        }
        fixed
    }

    /// Predicates that a reference would let an index have: each condition that is fixed and keeps few rows, and all of those
    /// together with the ones that recur.
    fn predicates(&self, query: &Query, table: &'q TableUse) -> Vec<Vec<&'q Condition>> {
        let of = self.queries.get(&query.statement).copied().unwrap_or(0);
        let always = |condition: &&Condition| {
            fits(condition) && self.times.get(&(query.statement, &table.table, condition.text.as_str())) == Some(&of)
        };
        let mut fixed: Vec<&Condition> = table.conditions.iter().filter(always).collect();
        fixed.sort_by(|a, b| a.text.cmp(&b.text));
        fixed.dedup_by(|a, b| a.text == b.text);
        let selective =
            |conditions: &[&Condition]| conditions.iter().filter_map(|c| c.selectivity).product::<f64>() <= GREATEST;
        let mut found: Vec<Vec<&Condition>> = fixed.iter().map(|one| vec![*one]).filter(|one| selective(one)).collect();
        let recurs = |condition: &&&Condition| {
            self.statements.get(&(&table.table, condition.text.as_str())).is_some_and(|times| *times > 1)
                || selective(&[**condition])
        };
        let both: Vec<&Condition> = fixed.iter().filter(recurs).copied().collect();
        if both.len() > 1 && both.len() <= 4 && selective(&both) {
            found.push(both);
        }
        found
    }
}

/// Whether a condition could stand in a predicate: it holds alone and compares with a constant.
fn fits(condition: &Condition) -> bool {
    let constant = condition.constant.as_deref().is_some_and(|constant| !constant.contains('$'));
    let operator = !matches!(condition.operator, Operator::Nearest | Operator::Contains | Operator::Pattern);
    condition.alternative.is_none()
        && (constant || is_null_test(condition))
        && operator
        && condition.selectivity.is_some()
}

fn is_null_test(condition: &Condition) -> bool {
    matches!(condition.symbol.as_str(), "IS NULL" | "IS NOT NULL")
}

/// Whether a query tests anything for null: the one condition that is the same in every call without having been seen twice.
pub(crate) fn tests_null(query: &Query) -> bool {
    query.usage.tables.iter().flat_map(|table| &table.conditions).any(is_null_test)
}

fn text(conditions: &[&Condition]) -> String {
    match conditions {
        [one] => one.text.clone(),
        many => {
            format!("({})", many.iter().map(|condition| bracketed(&condition.text)).collect::<Vec<_>>().join(" AND "))
        }
    }
}

fn bracketed(text: &str) -> String {
    if text.starts_with('(') && text.ends_with(')') { text.to_owned() } else { format!("({text})") }
}
