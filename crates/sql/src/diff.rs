//! What differs between two catalogs: objects added, removed or changed, and what grew.
//!
//! Objects are matched by name, so that snapshots of two databases (staging and production) can be
//! compared. A renamed object is one removed and one added. Sizes, row counts and the positions of sequences
//! are no part of a schema; [`growth`] looks at sizes apart.

mod describe;
mod observed;

use std::collections::BTreeMap;

use crate::model::{Catalog, Table};
use crate::render;

pub use observed::{statements, values};

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// `added`, `removed` or `changed`.
    pub kind: &'static str,
    /// Object path.
    pub subject: String,
    /// How it was; none when it was not there.
    pub before: Option<String>,
    /// How it is; none when it is not there.
    pub after: Option<String>,
}

/// What differs between two schemas, by class of object, then by subject.
///
/// Columns, constraints, indexes and triggers of a table that is there on one side only are not listed by themselves.
#[must_use]
pub fn schema(before: &Catalog, after: &Catalog) -> Vec<Differs> {
    let (old_tables, new_tables) = (tables(before), tables(after));
    let mut found = compare(&described(before, &old_tables), &described(after, &new_tables));
    for (name, old) in &old_tables {
        if let Some(new) = new_tables.get(name) {
            found.extend(compare(&describe::parts(before, old), &describe::parts(after, new)));
        }
    }
    found.extend(compare(&describe::others(before), &describe::others(after)));
    found
}

/// Descriptions by class of object and subject.
type Described = BTreeMap<(u8, String), String>;

fn tables(catalog: &Catalog) -> BTreeMap<String, &Table> {
    catalog.tables.iter().filter(|table| !table.internal).map(|table| (catalog.subject(table), table)).collect()
}

fn described(catalog: &Catalog, tables: &BTreeMap<String, &Table>) -> Described {
    let by_id = catalog.by_id();
    tables.iter().map(|(subject, table)| ((0, subject.clone()), describe::table(catalog, &by_id, table))).collect()
}

fn compare(before: &Described, after: &Described) -> Vec<Differs> {
    let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .filter_map(|key| {
            let (old, new) = (before.get(key), after.get(key));
            let kind = match (old, new) {
                (Some(old), Some(new)) if old == new => return None,
                (Some(_), Some(_)) => "changed",
                (None, _) => "added",
                (_, None) => "removed",
            };
            Some(Differs { kind, subject: key.1.clone(), before: old.cloned(), after: new.cloned() })
        })
        .collect()
}

/// Smallest change of a size that is told: a tenth, and a megabyte.
const GROWTH: (f64, f64) = (0.1, 1_048_576.0);

/// Tables and indexes on both sides whose size changed by a tenth and a megabyte or more, the greatest change first.
#[must_use]
pub fn growth(before: &Catalog, after: &Catalog) -> Vec<Differs> {
    let (old, new) = (sizes(before), sizes(after));
    let mut found: Vec<(f64, Differs)> = Vec::new();
    for (subject, was) in old {
        let Some(is) = new.get(&subject).copied() else { continue };
        let change = is as f64 - was as f64;
        if change.abs() < GROWTH.1 || change.abs() < GROWTH.0 * was as f64 {
            continue;
        }
        let share = if was > 0 { format!(" ({:+.0} %)", change / was as f64 * 100.0) } else { String::new() };
        let after = format!("{}{share}", render::bytes(is));
        found
            .push((change, Differs { kind: "changed", subject, before: Some(render::bytes(was)), after: Some(after) }));
    }
    found.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then_with(|| a.1.subject.cmp(&b.1.subject)));
    found.into_iter().map(|(_, differs)| differs).collect()
}

/// Bytes of tables and indexes by subject.
fn sizes(catalog: &Catalog) -> BTreeMap<String, u64> {
    let mut sizes = BTreeMap::new();
    for table in catalog.tables.iter().filter(|table| !table.internal) {
        sizes.extend(table.bytes.map(|bytes| (catalog.subject(table), bytes)));
        for index in &table.indexes {
            sizes.extend(index.bytes.map(|bytes| (catalog.subject_in(table, &index.name), bytes)));
        }
    }
    sizes
}
