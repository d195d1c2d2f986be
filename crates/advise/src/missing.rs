//! What `check` says of an advice: indexes that the workload misses.

use dbwright_core::{NotLookedAt, Severity};

use crate::advice::Advice;
use crate::index::{Index, KeyPart};

/// How bad it is to miss what saves a share of the workload's cost, by the rule's own thresholds.
pub fn severity(share: f64, limit: impl Fn(&str) -> f64) -> Severity {
    match share {
        share if share >= limit("high_share") => Severity::High,
        share if share >= limit("felt_share") => Severity::Medium,
        _ => Severity::Low,
    }
}

/// A share with three digits behind the point: more would pretend to be exact.
#[must_use]
pub fn rounded(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
}

/// The keys of an index as they are written; `name` writes a column.
pub fn keys(index: &Index, name: impl Fn(&str) -> String) -> Vec<String> {
    let text = |part: &KeyPart| match part {
        KeyPart::Column(column) => name(column),
        KeyPart::Expression(text) => format!("({text})"),
    };
    index.keys.iter().map(|key| text(&key.part)).collect()
}

/// The statements that could not be planned, as one entry.
#[must_use]
pub fn left_out(advice: &Advice, rule: &str) -> Option<NotLookedAt> {
    let skipped = &advice.workload.skipped;
    let first = skipped.first()?;
    let share: f64 = skipped.iter().map(|one| one.time_share).sum();
    let reason = format!(
        "{} of {} statements could not be planned ({:.1} % of the time), the first because {}",
        skipped.len(),
        advice.workload.statements,
        share * 100.0,
        first.reason
    );
    let remedy = Some("dbwright advise TARGET lists each with its reason".to_owned());
    Some(NotLookedAt { rule: rule.to_owned(), reason, remedy })
}
