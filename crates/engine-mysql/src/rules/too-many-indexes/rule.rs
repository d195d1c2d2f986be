//! `mysql/too-many-indexes`: each write goes to many places.

use dbwright_core::Cx;

use crate::alter;
use crate::body::Body;

/// Reports tables by the number of their indexes.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for (table, _) in alter::innodb(cx.body) {
        let secondary = table.indexes.iter().filter(|index| !index.primary).count();
        if (secondary as f64) < cx.limit("indexes") {
            continue;
        }
        let bytes: u64 = table.indexes.iter().filter(|index| !index.primary).filter_map(|index| index.bytes).sum();
        let finding = cx
            .finding(catalog.subject(table), format!("{} has {secondary} indexes beside its key", catalog.qualified(table)))
            .why(
                "each insert and delete writes to all of them. No change is given, because the number alone does not tell which one is not needed: mysql/unused-index, \
                 sql/redundant-index and dbwright advise do",
            )
            .evidence("secondary indexes", secondary, "indexes", "information_schema.STATISTICS")
            .evidence("size of them", bytes, "bytes", "mysql.innodb_index_stats");
        cx.report(finding);
    }
}
