//! Partitions, read only when there are partitioned tables: on MariaDB the server opens each table for it.

use super::catalog::Parts;
use super::session::Session;
use super::tables::GRANT;
use crate::body::{Partition, area};

/// Reads them.
pub(super) async fn fill(session: &mut Session, parts: &mut Parts) {
    if !parts.tables.values().any(|facts| facts.options.contains("partitioned")) {
        return;
    }
    let sql = format!(
        "SELECT /* dbwright */ TABLE_SCHEMA, TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, \
         PARTITION_DESCRIPTION, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH FROM information_schema.PARTITIONS \
         WHERE {} AND PARTITION_NAME IS NOT NULL \
         ORDER BY TABLE_SCHEMA, TABLE_NAME, PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION",
        parts.filter.on("TABLE_SCHEMA")
    );
    let rows = session
        .read(area::CATALOG, GRANT, &sql, |row| {
            let (schema, table, name, sub) = (row.text(), row.text(), row.text(), row.opt_text());
            let by = format!("{} ({})", row.text(), row.text());
            let name = sub.map_or_else(|| name.clone(), |sub| format!("{name}/{sub}"));
            let partition = Partition { name, description: row.opt_text(), rows: row.number(), bytes: row.number() };
            (schema, table, by, partition)
        })
        .await;
    for (schema, name, by, partition) in rows {
        if let Some((table, facts)) = parts.find(&schema, &name) {
            table.partitioning = Some(by);
            facts.partitions.push(partition);
        }
    }
}
