//! The indexes that there are, as the advisor sees them.

use std::collections::BTreeSet;

use dbwright_advise::index::{Index, Key, KeyPart, ObjectName};
use dbwright_advise::port::Existing;
use dbwright_sql::model::{Index as Known, Table};
use dbwright_sql::{Dialect, indexing};

use super::definition;
use crate::body::Body;

/// Reads that were counted over less than this tell nothing: a week sees every weekly job once.
const WINDOW_S: f64 = 7.0 * 86_400.0;

/// Those of some tables. `upkeep` says what keeping one costs.
pub(super) fn of(body: &Body, tables: &BTreeSet<ObjectName>, upkeep: &dyn Fn(&Index) -> f64) -> Vec<Existing> {
    let parents = indexing::needed_by_foreign_keys(&body.catalog);
    let mut found = Vec::new();
    for name in tables {
        let Some(table) = super::usage::table(&body.catalog, name) else { continue };
        for known in &table.indexes {
            let index = shape(body, table, known);
            let keeps = if parents.contains(&known.id) {
                Some("a foreign key refers to its columns".to_owned())
            } else {
                keeps(body, table, known)
            };
            let counted = body.table(table.id).is_some_and(|facts| facts.counted_s(&body.server) >= WINDOW_S);
            let scans = body.index(known.id).and_then(|facts| facts.io).filter(|_| counted).map(|io| io.fetched);
            let (name, bytes, upkeep) = (known.name.clone(), known.bytes.unwrap_or(0), upkeep(&index));
            let bound = table.foreign_keys().any(|(key, _)| only_one(table, known, &key.columns));
            found.push(Existing { index, name, bytes, scans, keeps, upkeep, bound });
        }
    }
    found
}

/// Why an index must stay.
fn keeps(body: &Body, table: &Table, known: &Known) -> Option<String> {
    if known.primary {
        return Some("primary key".to_owned());
    }
    if known.unique || known.constraint.is_some() {
        return Some("it keeps its columns unique".to_owned());
    }
    if !matches!(known.method.as_str(), "btree" | "hash") {
        return Some(format!("a {} index serves what the optimizer does not cost", known.method));
    }
    if body.index(known.id).is_some_and(|facts| !facts.visible) {
        return Some("it is hidden already: mysql/invisible-index-left of `dbwright check` tells of it".to_owned());
    }
    definition::drop(body, table, &known.name).is_none().then(|| "there would be no way back".to_owned())
}

/// Whether it is the one that serves a foreign key: the best of those that could.
fn only_one(table: &Table, known: &Known, columns: &[String]) -> bool {
    let serves = |index: &&Known| {
        let leading: Vec<&str> = index.leading_columns().take(columns.len()).collect();
        leading.len() == columns.len() && leading.iter().zip(columns).all(|(a, b)| Dialect::Mysql.same_name(a, b))
    };
    let best = table
        .indexes
        .iter()
        .filter(serves)
        .max_by_key(|one| (one.unique, one.keys.len(), std::cmp::Reverse(&one.name)));
    best.is_some_and(|best| best.id == known.id)
}

/// Its definition; a prefix of a column is no column.
fn shape(body: &Body, table: &Table, known: &Known) -> Index {
    let prefixes = body.index(known.id).map(|facts| facts.prefixes.as_slice()).unwrap_or_default();
    let key = |(at, key): (usize, &dbwright_sql::model::IndexKey)| {
        let part = match (&key.column, prefixes.get(at).copied().flatten()) {
            (Some(column), None) => KeyPart::Column(column.clone()),
            (Some(column), Some(length)) => KeyPart::Expression(format!("{}({length})", Dialect::Mysql.ident(column))),
            (None, _) => KeyPart::Expression(key.expression.clone().unwrap_or_default()),
        };
        Key { descending: key.descending, ..Key::of(part) }
    };
    Index {
        table: ObjectName { schema: table.schema.clone(), name: table.name.clone() },
        method: known.method.clone(),
        keys: known.keys.iter().enumerate().map(key).collect(),
        include: Vec::new(),
        predicate: None,
        options: Vec::new(),
    }
}
