//! Storage classes of a sample of rows: what is really in the columns, as counts, never as values.
//!
//! Both ends of a table are looked at, the oldest and the newest rows, because that is where a change of
//! an application's habits shows, and because it costs the same however large the table is.

use std::collections::BTreeMap;
use std::time::Duration;

use dbwright_sql::model::{Catalog, Table, TableKind};
use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::reader::Reader;
use super::rows::{quoted, rowid};
use crate::body::{Classes, TableFacts, area};

/// Rows up to which all of a table is looked at, and rows of the sample of a larger one.
const SAMPLE: i64 = 20_000;

/// Fills the storage classes of every table in.
pub(super) fn read(reader: &mut Reader<'_>, time: Duration, catalog: &Catalog, facts: &mut BTreeMap<u64, TableFacts>) {
    let mut cut = Vec::new();
    reader.within(time, |reader| {
        for table in catalog.tables.iter().filter(|t| t.kind == TableKind::Table && !t.internal) {
            let Some(facts) = facts.get_mut(&table.id) else { continue };
            // A STRICT table can't hold anything but what is declared.
            if facts.strict || table.columns.is_empty() {
                continue;
            }
            if let Some(error) = sample(reader, table, facts) {
                cut.push(format!("{}: {error}", table.name));
            }
        }
    });
    if let Some(first) = cut.first() {
        let reason = format!("the sample of {} tables is smaller than planned, the first: {first}", cut.len());
        reader.gap(area::STORAGE_CLASSES, reason, Some("--statement-timeout, ten times as long"));
    }
}

fn sample(reader: &mut Reader<'_>, table: &Table, facts: &mut TableFacts) -> Option<rusqlite::Error> {
    let columns: Vec<_> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    let from = format!("SELECT {} FROM main.{}", columns.join(", "), quoted(&table.name));
    let both_ends = table.rows.is_none_or(|rows| rows > SAMPLE as f64) && !facts.without_rowid;
    let queries = match rowid(table).filter(|_| both_ends) {
        Some(rowid) => vec![
            format!("{from} ORDER BY {rowid} LIMIT {}", SAMPLE / 2),
            format!("{from} ORDER BY {rowid} DESC LIMIT {}", SAMPLE / 2),
        ],
        None => vec![format!("{from} LIMIT {SAMPLE}")],
    };
    let mut counts = vec![Classes::default(); table.columns.len()];
    let mut error = None;
    for sql in queries {
        let (rows, failed) = reader.rows_until(&sql, [], |row| count(row, &mut counts));
        facts.sampled_rows += rows.len() as u64;
        error = error.or(failed);
    }
    let seen = table.columns.iter().zip(counts).filter(|(_, counts)| *counts != Classes::default());
    facts.classes = seen.map(|(column, counts)| (column.name.clone(), counts)).collect();
    error
}

fn count(row: &Row<'_>, counts: &mut [Classes]) -> rusqlite::Result<()> {
    for (at, classes) in counts.iter_mut().enumerate() {
        match row.get_ref(at)? {
            ValueRef::Null => classes.null += 1,
            ValueRef::Integer(_) => classes.integer += 1,
            ValueRef::Real(_) => classes.real += 1,
            ValueRef::Text(text) => {
                classes.text += 1;
                classes.empty_text += u64::from(text.is_empty());
            }
            ValueRef::Blob(bytes) => {
                classes.blob += 1;
                classes.text_in_blob += u64::from(!bytes.contains(&0) && std::str::from_utf8(bytes).is_ok());
            }
        }
    }
    Ok(())
}
