//! The `sqlite/` rules: one folder each below `rules/`, collected at build time.

use dbwright_core::Cx;

use crate::body::SqliteBody;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Says of a rule what a gap of an area kept it from seeing, while it reports what it did see.
fn tell_gaps(cx: &mut Cx<'_, SqliteBody>, area: &str) {
    let header = cx.header;
    for gap in header.gaps.iter().filter(|gap| gap.area == area) {
        cx.not_looked(gap.reason.clone(), gap.remedy.as_deref());
    }
}
