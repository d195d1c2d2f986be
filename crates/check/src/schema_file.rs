//! What a schema file is as a target: a database without rows, counters, settings and sessions.
//!
//! The engine loads the file into a lab and observes that; what the lab alone has is no news about the user's file.

use std::path::Path;

use dbwright_core::snapshot::{Cost, Gap, Header};

/// The header of a file's snapshot: named as the file, and without the lab's cost, which is not a target's.
#[must_use]
pub fn header(file: &Path, gaps: Vec<Gap>, observed: Header) -> Header {
    let own_s = observed.cost.own_s + observed.cost.target_s;
    Header { name: file.display().to_string(), gaps, cost: Cost { own_s, ..Cost::default() }, ..observed }
}

/// The areas that a schema file can't have, and the lines of statements that were passed over because they concern the server.
/// `scheme` is how the URL of a database of this engine begins.
#[must_use]
pub fn gaps(absent: &[&str], reason: &str, scheme: &str, passed: &[usize]) -> Vec<Gap> {
    let gap = |area: &&str| Gap {
        area: (*area).to_owned(),
        reason: reason.to_owned(),
        remedy: Some(format!("check the database itself: dbwright check {scheme}://…")),
    };
    let mut gaps: Vec<Gap> = absent.iter().map(gap).collect();
    if !passed.is_empty() {
        let lines = passed.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let reason =
            format!("statements about the server that do not concern the schema were passed over, at line {lines}");
        gaps.push(Gap { area: "schema-file".to_owned(), reason, remedy: None });
    }
    gaps
}
