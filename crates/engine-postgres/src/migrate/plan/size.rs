//! How long the server needs for so many bytes, roughly: for telling seconds from hours, not for more.

/// Bytes in a millisecond when rows are only read.
const SCAN: f64 = 400_000.0;
/// Bytes in a millisecond when a table and its indexes are written anew.
const REWRITE: f64 = 130_000.0;
/// Bytes in a millisecond when rows are updated one by one, with their indexes.
const UPDATE: f64 = 20_000.0;

/// Reading a table once.
#[must_use]
pub fn scan_ms(bytes: i64) -> f64 {
    1.0 + bytes.max(0) as f64 / SCAN
}

/// Writing a table anew; also building an index from a table.
#[must_use]
pub fn rewrite_ms(bytes: i64) -> f64 {
    1.0 + bytes.max(0) as f64 / REWRITE
}

/// Updating every row in batches.
#[must_use]
pub fn update_ms(bytes: i64) -> f64 {
    1.0 + bytes.max(0) as f64 / UPDATE
}
