//! What `ANALYZE` gathered: rows and selectivities, no sample values.

use super::reader::{Reader, optional_text, text};
use crate::body::{Stat, Statistics, area};

/// Reads `sqlite_stat1`; none when `ANALYZE` never ran.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Statistics> {
    let has = |reader: &mut Reader<'_>, table: &str| {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        reader.first(sql, [table], |_| Ok(())).ok().flatten().is_some()
    };
    if !has(reader, "sqlite_stat1") {
        return None;
    }
    let sql = "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx";
    let (rows, error) = reader.rows_until(sql, [], |row| {
        let figures = text(row, 2)?;
        Ok(Stat {
            table: text(row, 0)?,
            index: optional_text(row, 1)?,
            figures: figures.split_whitespace().filter_map(|figure| figure.parse().ok()).collect(),
        })
    });
    if let Some(error) = error {
        reader.gap(area::STATISTICS, format!("sqlite_stat1 can't be read: {error}"), Some("ANALYZE"));
    }
    let sampled = has(reader, "sqlite_stat4")
        && reader.first("SELECT 1 FROM sqlite_stat4 LIMIT 1", [], |_| Ok(())).ok().flatten().is_some();
    Some(Statistics { rows, has_samples: sampled })
}
