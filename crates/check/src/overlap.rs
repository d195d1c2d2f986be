//! Findings of several rules on one subject that say the same: only the strongest is reported.
//!
//! An unused index that duplicates another one is dropped once, not twice. The finding that stays takes
//! over the worse severity and the evidence of the others, so that nothing known is lost.

use std::collections::HashMap;

use dbwright_core::Finding;

/// Groups of rules that propose the same remedy for one subject, the strongest reason first.
const SAME_REMEDY: [&[&str]; 7] = [
    // The index goes, or is built again: broken beats copied, copied beats covered, covered beats hidden, hidden beats unused.
    &[
        "pg/invalid-index",
        "sql/duplicate-index",
        "sql/redundant-index",
        "mysql/duplicate-index",
        "mysql/redundant-index",
        "mysql/invisible-index-left",
        "mysql/unused-index",
        "pg/unused-index",
    ],
    // The session ends: one that waits idle is named before one that is merely long.
    &["pg/idle-in-transaction", "pg/long-transaction"],
    // The session ends: one before a whole table is named before one before rows.
    &["mysql/metadata-lock-chain", "mysql/blocked-sessions", "mysql/long-transaction"],
    // The column gets a wider type: what knows the counter beats what knows the greatest value.
    &["mysql/auto-increment-exhaustion", "sql/int-key-exhaustion"],
    // The table gets a key: what says how the engine stores rows without one beats what does not.
    &["mysql/no-primary-key-innodb", "sql/no-primary-key"],
    // The account goes; to lock it first would be in the way.
    &["mysql/anonymous-user", "mysql/user-without-password"],
    // The application stops sending the command.
    &["redis/keys-command-used", "redis/blocking-command", "redis/slow-command"],
];

/// Keeps the strongest of findings with the same remedy.
pub fn merge(findings: &mut Vec<Finding>) {
    let mut best: HashMap<(usize, String), usize> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        let Some((group, strength)) = place(&finding.rule) else { continue };
        let kept = best.entry((group, finding.subject.clone())).or_insert(at);
        if place(&findings[*kept].rule).is_some_and(|(_, other)| strength < other) {
            *kept = at;
        }
    }
    let mut absorbed: Vec<(usize, Finding)> = Vec::new();
    let mut kept_places = Vec::new();
    let mut rest = Vec::with_capacity(findings.len());
    for (at, finding) in std::mem::take(findings).into_iter().enumerate() {
        let keeper = place(&finding.rule).and_then(|(group, _)| best.get(&(group, finding.subject.clone())).copied());
        match keeper {
            Some(keeper) if keeper != at => absorbed.push((keeper, finding)),
            _ => {
                kept_places.push(at);
                rest.push(finding);
            }
        }
    }
    for (keeper, finding) in absorbed {
        if let Ok(place) = kept_places.binary_search(&keeper) {
            take_over(&mut rest[place], finding);
        }
    }
    *findings = rest;
}

/// Group and strength of a rule, 0 the strongest.
fn place(rule: &str) -> Option<(usize, usize)> {
    let mut groups = SAME_REMEDY.iter().enumerate();
    groups.find_map(|(group, rules)| rules.iter().position(|known| *known == rule).map(|strength| (group, strength)))
}

fn take_over(kept: &mut Finding, other: Finding) {
    kept.severity = kept.severity.max(other.severity);
    for evidence in other.evidence {
        if !kept.evidence.iter().any(|known| known.name == evidence.name) {
            kept.evidence.push(evidence);
        }
    }
}
