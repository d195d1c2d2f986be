//! `mysql/row-format-compact`: tables in a row format of old versions.

use dbwright_core::Cx;

use crate::alter::{self, ONLINE, REBUILDS};
use crate::body::Body;

/// Reports tables in COMPACT or REDUNDANT.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for (table, facts) in alter::innodb(cx.body) {
        let format = facts.row_format.to_ascii_uppercase();
        if !matches!(format.as_str(), "COMPACT" | "REDUNDANT") {
            continue;
        }
        let name = catalog.qualified(table);
        let mut finding = cx
            .finding(catalog.subject(table), format!("{name} is in the row format {format}"))
            .why("768 bytes of every long text stay in the row, and index entries end at 767 bytes, too few for VARCHAR(255) in utf8mb4")
            .evidence("row_format", format.as_str(), "", "information_schema.TABLES");
        if let Some(bytes) = table.bytes {
            finding = finding.evidence("bytes", bytes, "bytes", "mysql.innodb_table_stats");
        }
        let to = |format: &str| format!("ALTER TABLE {name} ROW_FORMAT={format}, {ONLINE}");
        cx.report(finding.change(alter::ddl(vec![to("DYNAMIC")], REBUILDS).back([to(&format)])));
    }
}
