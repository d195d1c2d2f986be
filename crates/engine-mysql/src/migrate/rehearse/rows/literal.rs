//! Values as literals, whatever their type.

use dbwright_sql::Dialect;
use dbwright_sql::model::Column;

const SQL: Dialect = Dialect::Mysql;

/// Types whose values are bytes.
const BYTES: [&str; 16] = [
    "binary",
    "varbinary",
    "tinyblob",
    "blob",
    "mediumblob",
    "longblob",
    "bit",
    "vector",
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geomcollection",
];

fn is_bytes(column: &Column) -> bool {
    let base = column.base_type.as_str();
    BYTES.contains(&base) || base == "geometrycollection"
}

/// How a column is selected so that its text says all of it.
pub(in super::super) fn shown(column: &Column) -> String {
    let name = SQL.ident(&column.name);
    if is_bytes(column) { format!("HEX({name})") } else { name }
}

/// A value that was selected so, as a literal.
pub(in super::super) fn of(column: &Column, cell: Option<&str>) -> String {
    match cell {
        None => "NULL".to_owned(),
        Some("") => "''".to_owned(),
        // The digits of a BIT may be odd in number.
        Some(hex) if is_bytes(column) => format!("x'{}{hex}'", if hex.len() % 2 == 1 { "0" } else { "" }),
        Some(text) => SQL.literal(text),
    }
}
