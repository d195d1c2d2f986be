//! `mysql/invisible-index-left`: an index that is kept up to date and that no query may use.

use dbwright_core::Cx;
use dbwright_sql::render;

use crate::alter;
use crate::body::Body;

/// Reports hidden indexes.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    let Some(hiding) = cx.body.server.hides_indexes_by() else { return };
    for (table, _) in alter::tables(cx.body) {
        for index in &table.indexes {
            if index.primary || cx.body.index(index.id).is_none_or(|facts| facts.visible) {
                continue;
            }
            let name = catalog.dialect.name(&index.name);
            let title = format!(
                "index {name} of {} is {}, and kept up to date for nobody",
                catalog.qualified(table),
                hiding.hide
            );
            let mut finding = cx.finding(catalog.subject_in(table, &index.name), title).evidence(
                "state",
                hiding.hide,
                "",
                "information_schema.STATISTICS",
            );
            if let Some(bytes) = index.bytes {
                finding = finding.evidence("bytes", bytes, "bytes", "mysql.innodb_index_stats");
            }
            let why = "somebody hid it to see whether it is missed: when it is not, drop it; when it is, show it again";
            cx.report(match render::drop_index(catalog, table, index) {
                Ok(change) => finding.why(why).change(change),
                Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
            });
        }
    }
}
