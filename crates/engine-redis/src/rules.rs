//! The `redis/` rules: one folder each below `rules/`, collected at build time.

use dbwright_core::Cx;

use crate::body::{Body, Pattern};
use crate::mend;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Says of a rule (one that looks at every node by itself, and so has no use for `needs`) what a gap of an area kept it from seeing, while it reports what it did see.
fn tell_gaps(cx: &mut Cx<'_, Body>, area: &str) {
    let header = cx.header;
    for gap in header.gaps.iter().filter(|gap| gap.area == area) {
        cx.not_looked(gap.reason.clone(), gap.remedy.as_deref());
    }
}

/// Whether an address of `bind` is this machine's own; a `-` before it means that it may be missing.
fn is_loopback(address: &str) -> bool {
    let address = address.trim_start_matches('-');
    address == "::1" || address == "localhost" || address.starts_with("127.")
}

/// The statement that gives every key of a pattern an expiry, at different times: `seconds` and up to a tenth more. It looks
/// at 10,000 names and replies with the cursor to go on from, `0` at the end. None for a name that is no text.
#[must_use]
pub fn expire_all(pattern: &Pattern, seconds: u64) -> Option<String> {
    mend::walk(pattern, &mend::Walk::Expire { seconds })
}
