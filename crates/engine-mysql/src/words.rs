//! Numbers as people read them, for titles and explanations; evidence carries the exact values.

pub(crate) use dbwright_core::words::{as_f64, bytes, count, percent, seconds, some_of};

/// Where estimated rows are read.
pub(crate) const ROWS: &str = "mysql.innodb_table_stats, information_schema.TABLES";
