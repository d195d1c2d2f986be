//! Order of findings: the worst first, then by rule and subject; the same finding once.

use dbwright_core::Finding;

/// Sorts the worst first and keeps one of findings with the same fingerprint.
pub fn rank(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| a.rule.cmp(&b.rule)).then_with(|| a.subject.cmp(&b.subject))
    });
    findings.dedup_by(|a, b| a.fingerprint == b.fingerprint);
}
