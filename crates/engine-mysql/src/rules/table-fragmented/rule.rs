//! `mysql/table-fragmented`: a file of which much is free.

use dbwright_core::{Cx, Severity};

use crate::alter::{self, ONLINE, REBUILDS};
use crate::body::Body;
use crate::words;

/// Bytes of a megabyte.
const MB: f64 = 1_048_576.0;

/// Reports tables in files of their own.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    if cx.body.is_on("innodb_file_per_table") != Some(true) {
        return;
    }
    for (table, facts) in alter::innodb(cx.body) {
        let general = facts.options.to_ascii_lowercase().contains("tablespace") || !facts.partitions.is_empty();
        let Some(free) = facts.free_bytes.map(words::as_f64).filter(|_| !general) else { continue };
        let indexes: u64 = table.indexes.iter().filter_map(|index| index.bytes).sum();
        let file = free + words::as_f64(table.bytes.unwrap_or(0) + indexes);
        let share = free / file.max(1.0);
        if free < cx.limit("mb") * MB || share < cx.limit("share") {
            continue;
        }
        let severity = if free >= cx.limit("medium_mb") * MB { Severity::Medium } else { Severity::Low };
        let (name, free_bytes) = (catalog.qualified(table), facts.free_bytes.unwrap_or(0));
        let title = format!("{} of the file of {name} are free ({})", words::bytes(free_bytes), words::percent(share));
        let change = alter::ddl(vec![format!("ALTER TABLE {name} ENGINE=InnoDB, {ONLINE}")], REBUILDS)
            .irreversible("the space is given back to the file system; there is nothing to undo");
        cx.report(
            cx.finding(catalog.subject(table), title)
                .severity(severity)
                .why("only this table can use the space again; until then backups carry it, and whoever reads the table whole reads it too")
                .evidence("DATA_FREE", free_bytes, "bytes", "information_schema.TABLES")
                .evidence("used", file - free, "bytes", "mysql.innodb_table_stats, mysql.innodb_index_stats")
                .change(change),
        );
    }
}
