//! The `redis/` rules: one folder each below `rules/`, collected at build time.

use dbwright_core::Cx;

use crate::body::Body;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Says of a rule (one that looks at every node by itself, and so has no use for `needs`) what a gap of an area kept it from seeing, while it reports what it did see.
fn tell_gaps(cx: &mut Cx<'_, Body>, area: &str) {
    let header = cx.header;
    for gap in header.gaps.iter().filter(|gap| gap.area == area) {
        cx.not_looked(gap.reason.clone(), gap.remedy.as_deref());
    }
}
