//! `sql/no-primary-key`: a table whose rows have no name.

use dbwright_core::Cx;

use crate::model::Catalog;

/// Reports tables with rows of their own that nothing identifies.
pub(super) fn check(cx: &mut Cx<'_, Catalog>) {
    let catalog = cx.body;
    for table in catalog.user_tables().filter(|t| !t.is_partition && t.primary_key().is_none()) {
        let finding = cx
            .finding(catalog.subject(table), format!("table {} has no primary key", catalog.qualified(table)))
            .why("nothing stops equal rows or names a single one")
            .evidence("primary_key", 0, "constraints", "catalog");
        cx.report(finding);
    }
}
