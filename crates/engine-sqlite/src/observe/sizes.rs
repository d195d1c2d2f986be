//! Bytes of each table and index, from the pages that `dbstat` walks, as far as the time allows.

use std::collections::HashMap;
use std::time::Duration;

use dbwright_sql::model::Catalog;

use super::reader::{Reader, interrupted, text};
use crate::body::area;

/// Fills sizes in. What was not walked to its end has none.
pub(super) fn read(reader: &mut Reader<'_>, time: Duration, catalog: &mut Catalog) {
    let mut sizes: HashMap<String, u64> = HashMap::new();
    let mut last = String::new();
    let error = reader.within(time, |reader| {
        // Page by page, though the sums could be had from SQLite: only then can the time be kept.
        let (_, error) = reader.rows_until("SELECT name, pgsize FROM dbstat('main')", [], |row| {
            let name = text(row, 0)?;
            *sizes.entry(name.clone()).or_default() += row.get::<_, i64>(1)?.cast_unsigned();
            last = name;
            Ok(())
        });
        error
    });
    if let Some(error) = error {
        sizes.remove(&last);
        let reason = if interrupted(&error) {
            format!("the time was up after {} tables and indexes", sizes.len())
        } else {
            error.to_string()
        };
        reader.gap(area::SIZES, reason, Some("--statement-timeout, ten times as long"));
    }
    for table in &mut catalog.tables {
        table.bytes = sizes.get(&table.name).copied();
        for index in &mut table.indexes {
            index.bytes = sizes.get(&index.name).copied();
        }
    }
}
