//! `mysql/tmp-disk-tables`: statements whose temporary tables do not stay in memory.

use dbwright_core::Cx;

use crate::body::Body;
use crate::digests;
use crate::words;

/// Reports them, by the share of their temporary tables.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for digest in digests::work(cx.body) {
        let (disk, all) = (words::as_f64(digest.tmp_disk_tables), words::as_f64(digest.tmp_tables));
        if disk < cx.limit("tables") || disk / all.max(1.0) < cx.limit("share") {
            continue;
        }
        let title = format!(
            "{} of its temporary tables go to the disk: {}",
            words::percent((disk / all.max(1.0)).min(1.0)),
            digests::short(digest)
        );
        let finding = digests::finding(cx, digest, title)
            .why(
                "a temporary table on the disk is written and read page by page. No change is given: an index in the order of GROUP BY or ORDER BY makes it needless (dbwright advise), or the \
                 session needs a larger tmp_table_size",
            )
            .evidence("temporary tables", digest.tmp_tables, "tables", digests::SOURCE)
            .evidence("on the disk", digest.tmp_disk_tables, "tables", digests::SOURCE);
        cx.report(finding);
    }
}
