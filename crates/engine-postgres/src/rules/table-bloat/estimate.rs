//! How many pages a table's rows would need if they were packed: from row counts and column widths, no row is read.
//!
//! The layout is that of the PostgreSQL documentation, "Database Page Layout": 24 bytes of page header, 4 of line
//! pointer and 23 of row header a row, a bitmap when there are nulls, values aligned by their type, rows by 8.

/// What the estimate needs to know of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width {
    /// Average bytes as stored, of values that are not null.
    pub(super) bytes: f64,
    /// Share of nulls.
    pub(super) nulls: f64,
    /// Alignment in bytes.
    pub(super) align: f64,
}

/// Pages that `rows` rows fill at this fill factor (0 to 1) and page size in bytes.
pub(super) fn pages(rows: f64, columns: &[Width], fill: f64, page: f64) -> f64 {
    let usable = page - 24.0 - page * (1.0 - fill);
    let a_page = (usable / (row(columns) + 4.0)).floor().max(1.0);
    (rows / a_page).ceil()
}

/// Bytes of an average row with its header.
fn row(columns: &[Width]) -> f64 {
    let nulls = columns.iter().any(|column| column.nulls > 0.0);
    let count = columns.iter().fold(0.0, |count, _| count + 1.0);
    let bitmap = if nulls { f64::ceil(count / 8.0) } else { 0.0 };
    let data = columns.iter().fold(0.0, |at, column| {
        let start = up(at, column.align);
        at + (start - at + column.bytes) * (1.0 - column.nulls)
    });
    up(23.0 + bitmap, 8.0) + up(data, 8.0)
}

/// The next multiple of `align`.
fn up(at: f64, align: f64) -> f64 {
    (at / align).ceil() * align
}

/// Alignment of a type, by its name and average width; a short text or other type of variable length has none.
pub(super) fn align(base_type: &str, width: f64) -> f64 {
    match base_type {
        "int8" | "float8" | "timestamp" | "timestamptz" | "time" | "timetz" | "interval" | "money" | "pg_lsn"
        | "xid8" | "point" | "lseg" | "box" | "line" | "circle" => 8.0,
        "int4" | "float4" | "date" | "oid" | "xid" | "cid" | "regclass" => 4.0,
        "int2" => 2.0,
        "bool" | "char" | "uuid" | "name" | "macaddr8" => 1.0,
        _ if width >= 127.0 => 4.0,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(types: &[(&str, f64, f64)]) -> Vec<Width> {
        types.iter().map(|&(name, bytes, nulls)| Width { bytes, nulls, align: align(name, bytes) }).collect()
    }

    fn a_row(types: &[(&str, f64, f64)]) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "a row has some bytes")]
        let bytes = row(&of(types)).round() as i64;
        bytes
    }

    #[test]
    fn rows_are_laid_out_with_padding() {
        assert_eq!(a_row(&[("int4", 4.0, 0.0)]), 24 + 8);
        assert_eq!(a_row(&[("int4", 4.0, 0.0), ("int8", 8.0, 0.0)]), 24 + 16);
        assert_eq!(a_row(&[("int8", 8.0, 0.0), ("text", 33.0, 0.0)]), 24 + 48);
        assert_eq!(a_row(&[]), 24);
    }

    #[test]
    fn nulls_cost_a_bitmap_and_no_data() {
        assert_eq!(a_row(&[("int8", 8.0, 1.0)]), 24);
        let nine: Vec<_> = (0..9).map(|_| ("int8", 8.0, 1.0)).collect();
        assert_eq!(a_row(&nine), 32);
    }

    #[test]
    fn pages_follow_the_fill_factor() {
        let columns = of(&[("int4", 4.0, 0.0)]);
        // PostgreSQL puts 226 rows of one int4 on a page of 8 kB, and 113 at a fill factor of 50 (both tried out).
        assert!((pages(226_000.0, &columns, 1.0, 8192.0) - 1000.0).abs() < 0.5);
        assert!((pages(112_000.0, &columns, 0.5, 8192.0) - 1000.0).abs() < 10.0);
        assert!(pages(0.0, &columns, 1.0, 8192.0).abs() < 0.5);
    }
}
