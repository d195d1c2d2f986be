//! Upkeep over the workload's own window: the engine's counters and the workload seldom cover the same time.
//!
//! Counters of a table that was just loaded tell of millions of writes; a file of statements tells of no time at all. What a
//! file does not write is therefore not held against an index, and the reason says so.

use std::collections::HashMap;

use dbwright_core::workload::Workload;

use crate::index::ObjectName;
use crate::port::{Estimate, Query};
use crate::search::Space;

/// Brings the upkeep of all candidates from the `counted` seconds of the counters to the window of the workload.
pub(super) fn fit(counted: Option<f64>, workload: &Workload, space: &mut Space<'_>) {
    let Some(counted) = counted else { return };
    let written = written(workload, space.queries);
    for candidate in &mut space.candidates {
        match workload.window_s {
            Some(window) if counted > 0.0 => candidate.estimate.upkeep *= window / counted,
            Some(_) => {}
            None => by_statements(&mut candidate.estimate, written.get(&candidate.index.table).copied()),
        }
    }
}

/// Share of the counted upkeep of existing indexes that falls into the window of the workload.
pub(super) fn share(counted: Option<f64>, workload: &Workload) -> f64 {
    match (counted, workload.window_s) {
        (Some(counted), Some(window)) if counted > 0.0 => window / counted,
        (Some(_), None) => 0.0,
        _ => 1.0,
    }
}

fn by_statements(estimate: &mut Estimate, rows: Option<f64>) {
    let rows = rows.unwrap_or(0.0);
    estimate.upkeep = rows * estimate.entry;
    estimate.reason = if rows > 0.0 {
        format!("{rows:.0} rows are written to its table by the workload's statements")
    } else {
        "nothing in the workload writes to its table".to_owned()
    };
}

/// Rows that the workload's statements write to each table.
fn written(workload: &Workload, queries: &[Query]) -> HashMap<ObjectName, f64> {
    let mut rows: HashMap<ObjectName, f64> = HashMap::new();
    for query in queries {
        let calls = workload.statements[query.statement].calls * query.share;
        for reference in query.usage.tables.iter().filter(|reference| reference.written) {
            *rows.entry(reference.table.clone()).or_default() += calls * reference.kept.max(1.0);
        }
    }
    rows
}
