//! `mysql/no-primary-key-innodb`: a table that InnoDB orders by a hidden number.

use dbwright_core::Cx;
use dbwright_sql::indexing::names_rows;
use dbwright_sql::render::{self, Surroundings};

use crate::alter;
use crate::body::Body;
use crate::words;

/// Reports tables without a primary key and without a unique key that serves as one.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    let around = Surroundings::of(catalog);
    for (table, _) in alter::innodb(cx.body) {
        if table.primary_key().is_some() || table.indexes.iter().any(|index| names_rows(table, index)) {
            continue;
        }
        let name = catalog.qualified(table);
        let mut finding = cx
            .finding(catalog.subject(table), format!("{name} has no key: InnoDB orders its rows by a hidden number"))
            .evidence("primary_key", 0, "constraints", "information_schema.STATISTICS")
            .evidence("unique_indexes_over_not_null_columns", 0, "indexes", "information_schema.STATISTICS")
            .evidence("secondary_indexes", table.indexes.len(), "indexes", "information_schema.STATISTICS");
        if let Some(rows) = table.rows {
            finding = finding.evidence("rows", rows.round(), "rows", words::ROWS);
        }
        let why = "no query can use that number, each index carries it, and a replica searches the whole table for each row that is changed";
        cx.report(match render::add_key(&around, table, None) {
            Ok(change) => finding.why(why).change(change),
            Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
        });
    }
}
