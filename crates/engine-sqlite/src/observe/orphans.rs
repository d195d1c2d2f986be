//! Rows that refer to nothing, counted by SQLite's own `foreign_key_check`, up to a bound.

use std::collections::BTreeMap;
use std::time::Duration;

use dbwright_sql::model::{Catalog, TableKind};
use rusqlite::types::ValueRef;

use super::reader::{Reader, interrupted};
use crate::body::{Orphans, area};

/// Orphans of a table that are counted one by one.
const COUNTED: u64 = 10_000;

/// Counts the orphans of every table with foreign keys, the smallest table first.
pub(super) fn read(reader: &mut Reader<'_>, time: Duration, catalog: &Catalog) -> Vec<Orphans> {
    let mut tables: Vec<_> =
        catalog.tables.iter().filter(|t| t.kind == TableKind::Table && t.foreign_keys().next().is_some()).collect();
    tables.sort_by(|a, b| a.rows.unwrap_or(f64::MAX).total_cmp(&b.rows.unwrap_or(f64::MAX)));
    let mut found = Vec::new();
    let mut unchecked = Vec::new();
    reader.within(time, |reader| {
        for table in tables {
            let (counts, error) = count(reader, &table.name);
            let cut = error.as_ref().is_some_and(interrupted);
            let full = counts.values().sum::<u64>() >= COUNTED;
            found.extend(counts.into_iter().map(|(key, rows)| Orphans {
                table: table.id,
                constraint: format!("fk_{key}"),
                rows,
                at_least: cut || full,
                unusable: None,
            }));
            match error {
                Some(_) if cut => unchecked.push(table.name.clone()),
                Some(error) => found.push(Orphans {
                    table: table.id,
                    constraint: String::new(),
                    rows: 0,
                    at_least: false,
                    unusable: Some(error.to_string()),
                }),
                None => {}
            }
        }
    });
    if let Some(first) = unchecked.first() {
        let reason = format!("{} tables were not looked through for orphans, {first} among them", unchecked.len());
        reader.gap(area::FOREIGN_KEYS, reason, Some("--statement-timeout, ten times as long"));
    }
    found
}

/// Orphans by the number of their foreign key.
fn count(reader: &mut Reader<'_>, table: &str) -> (BTreeMap<i64, u64>, Option<rusqlite::Error>) {
    let mut counts = BTreeMap::new();
    let sql = format!("SELECT fkid FROM pragma_foreign_key_check(?1, 'main') LIMIT {COUNTED}");
    let (_, error) = reader.rows_until(&sql, [table], |row| {
        if let ValueRef::Integer(key) = row.get_ref(0)? {
            *counts.entry(key).or_default() += 1;
        }
        Ok(())
    });
    (counts, error)
}
