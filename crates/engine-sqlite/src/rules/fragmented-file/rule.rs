//! `sqlite/fragmented-file`: much of the file holds nothing.

use dbwright_core::{Change, Cx, Severity};

use crate::body::SqliteBody;

/// Reports once for the file.
pub(super) fn check(cx: &mut Cx<'_, SqliteBody>) {
    let file = &cx.body.file;
    let (share, bytes) = (file.free_share(), file.free_pages.saturating_mul(file.page_size.into()));
    if share < cx.limit("free_share") || (bytes as f64) < cx.limit("free_bytes") {
        return;
    }
    let incremental = file.auto_vacuum == "incremental";
    let statement = if incremental { "PRAGMA incremental_vacuum" } else { "VACUUM" };
    let change = Change::new([statement], "no writers while the file is written anew, and no readers at the end")
        .outside_transaction()
        .irreversible("there is nothing to undo: the contents stay the same");
    let large = share >= 0.5 && bytes as f64 >= cx.limit("large_free_bytes");
    let finding = cx
        .finding("database", format!("{:.0} % of the file is free pages", share * 100.0))
        .severity(if large { Severity::Medium } else { Severity::Low })
        .why("backups and copies carry the empty pages along, and the rest lies scattered")
        .evidence("freelist_count", file.free_pages, "pages", "PRAGMA freelist_count")
        .evidence("page_count", file.page_count, "pages", "PRAGMA page_count")
        .evidence("free_bytes", bytes, "bytes", "freelist_count × page_size")
        .change(change);
    cx.report(finding);
}
