//! Sizes of the other access methods: hash, GIN, `GiST`, `SP-GiST`, BRIN and pgvector's.

use dbwright_advise::index::Index;
use dbwright_sql::model::Table;

use super::columns::Figures;
use super::{PAGE, whole};
use crate::body::PgBody;

/// Pages of an index over these keys and so many rows.
pub(super) fn pages(method: &str, index: &Index, body: &PgBody, table: &Table, of: (&[Figures], f64)) -> u64 {
    let (keys, rows) = of;
    let heap = body.tables.get(&table.id).map_or(1.0, |stats| stats.relpages as f64).max(1.0);
    let bytes: f64 = keys.iter().map(mean).sum();
    let option = |name: &str, default: f64| {
        let given = index.options.iter().find(|(key, _)| key == name);
        given.and_then(|(_, value)| value.parse().ok()).unwrap_or(default)
    };
    let pages = match method {
        "hash" => hash(keys, rows),
        "brin" => brin(heap / option("pages_per_range", 128.0), bytes, keys.len()),
        "gin" => gin(keys, rows, heap, index),
        "hnsw" => hnsw(elements(keys, rows), bytes, option("m", 16.0)),
        "ivfflat" => {
            rows / ((PAGE - 40.0) / (aligned(8.0 + bytes) + 4.0)).floor().max(1.0) + option("lists", 100.0) * 0.6
        }
        // Splits leave pages of a tree that grows row by row about two thirds full.
        "spgist" => 3.0 + rows * (aligned(16.0 + bytes) + 4.0) / (PAGE * 0.7),
        _ => 1.0 + rows * (aligned(8.0 + bounds(keys)) + 4.0) / (PAGE * 0.68),
    };
    whole(pages.max(1.0))
}

fn mean(key: &Figures) -> f64 {
    key.lengths.iter().sum::<f64>() / key.lengths.len().max(1) as f64 * (1.0 - key.nulls)
}

fn aligned(bytes: f64) -> f64 {
    (bytes / 8.0).ceil() * 8.0
}

/// Bytes that `GiST` keeps of a key: a box for a point, a signature for a document or a string.
fn bounds(keys: &[Figures]) -> f64 {
    let one = |key: &Figures| match key.base.as_str() {
        "point" | "box" => 32.0,
        "tsvector" => 4.0 + mean(key).min(124.0),
        "text" | "varchar" | "bpchar" => 4.0 + mean(key) * 3.0,
        _ => mean(key),
    };
    keys.iter().map(one).sum()
}

/// Buckets come in quarters of a power of two; a value that many rows share overflows its bucket.
fn hash(keys: &[Figures], rows: f64) -> f64 {
    const SLOT: f64 = 20.0;
    let per_bucket = (PAGE * 0.75 / SLOT).floor();
    let needed = (rows / per_bucket).max(2.0);
    let power = 2_f64.powf(needed.log2().floor());
    let step = if needed > 512.0 { power / 4.0 } else { power };
    let buckets = if needed <= power { power } else { power + ((needed - power) / step).ceil() * step };
    let per_page = ((PAGE - 40.0) / SLOT).floor();
    let overflow: f64 = keys
        .iter()
        .flat_map(|key| &key.common)
        .map(|share| ((share * rows - per_page) / per_page).ceil().max(0.0))
        .sum();
    2.0 + buckets + overflow
}

/// First page, the map from ranges to summaries, and the summaries: least and greatest of each key.
fn brin(ranges: f64, bytes: f64, keys: usize) -> f64 {
    let map = (ranges / 1360.0).ceil().max(1.0);
    let summary = aligned(5.0 + keys as f64 / 4.0 + 2.0 * bytes) + 4.0;
    1.0 + map + (ranges * summary / (PAGE - 32.0)).ceil().max(1.0)
}

/// Each element once, with its rows as differences from one to the next.
fn gin(keys: &[Figures], rows: f64, heap: f64, index: &Index) -> f64 {
    let mut pages = 2.0;
    for (key, figures) in index.keys.iter().zip(keys) {
        let width = mean(figures);
        let trigrams = key.opclass.as_deref().is_some_and(|class| class.contains("trgm"));
        let (elements, distinct, bytes) = match figures.elements {
            _ if trigrams => (width * 0.9 + 2.0, 20_000.0, 4.0),
            Some(elements) => (elements, rows * elements * 0.1, (width / elements.max(1.0)).max(4.0)),
            None => ((width / 10.0).max(1.0), rows * 0.05, 12.0),
        };
        let entries = rows * elements;
        let distinct = distinct.clamp(1.0, entries.max(1.0));
        // A row's number counts pages and places on them; seven bits of a difference go into a byte.
        let gap = (heap * 2048.0 * distinct / entries.max(1.0)).max(2.0);
        let posting = (gap.log2() / 7.0).ceil().clamp(1.0, 6.0);
        pages += distinct * (aligned(bytes + 12.0) + 4.0) / (PAGE * 0.9) + entries * posting / (PAGE * 0.95);
    }
    pages
}

/// Ten rows with equal vectors share an element.
fn elements(keys: &[Figures], rows: f64) -> f64 {
    let distinct = keys.first().and_then(|key| key.distinct).unwrap_or(rows).clamp(1.0, rows.max(1.0));
    (distinct * (rows / distinct / 10.0).ceil()).min(rows)
}

/// Each element with its neighbours, on pages that can't be shared beyond what fits.
fn hnsw(rows: f64, bytes: f64, m: f64) -> f64 {
    let element = aligned(76.0 + bytes) + aligned(4.0 + 6.0 * (m * 2.0 + m / (m - 1.0).max(1.0))) + 8.0;
    let per_page = ((PAGE - 32.0) / element).floor().max(1.0);
    1.0 + rows / per_page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_grow_in_quarters() {
        assert_eq!(hash(&[], 6e6), 2.0 + 20_480.0);
        assert_eq!(hash(&[], 100.0), 4.0);
    }
}
