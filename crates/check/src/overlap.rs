//! Findings of several rules on one subject that say the same: only the strongest is reported.
//!
//! An unused index that duplicates another one is dropped once, not twice. The finding that stays takes
//! over the worse severity and the evidence of the others, so that nothing known is lost.

use std::collections::{BTreeSet, HashMap};

use dbwright_core::{Finding, Severity};

use crate::port::Outcome;

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

/// What a change brought about, of severity medium or above: findings of a second look that the first did not have, by rules that
/// could look then. One whose remedy the first look had on the same subject, by another rule, is none that the change brought.
pub fn brought<'a>(first: &'a Outcome, second: &'a Outcome) -> impl Iterator<Item = &'a Finding> {
    let known: BTreeSet<_> = first.findings.iter().map(|finding| &finding.fingerprint).collect();
    let remedies: BTreeSet<_> =
        first.findings.iter().filter_map(|finding| Some((place(&finding.rule)?.0, &finding.subject))).collect();
    let looked = |rule: &str| !first.not_looked_at.iter().any(|entry| entry.rule == rule);
    second.findings.iter().filter(move |finding| {
        let there = place(&finding.rule).is_some_and(|(group, _)| remedies.contains(&(group, &finding.subject)));
        finding.severity >= Severity::Medium && !known.contains(&finding.fingerprint) && !there && looked(&finding.rule)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(findings: &[(&str, &str, Severity)]) -> Outcome {
        let findings =
            findings.iter().map(|(rule, subject, severity)| Finding::new(rule, *severity, *subject, "it is"));
        Outcome { findings: findings.collect(), ..Outcome::default() }
    }

    #[test]
    fn a_change_brings_about_what_was_not_there_in_any_words() {
        let first = seen(&[("sql/no-primary-key", "shop.logs", Severity::Medium)]);
        let second = seen(&[
            ("sql/no-primary-key", "shop.logs", Severity::Medium),
            // The same lack, told by the rule of the engine that the table now has.
            ("mysql/no-primary-key-innodb", "shop.logs", Severity::High),
            ("mysql/no-primary-key-innodb", "shop.other", Severity::High),
            ("mysql/row-format-compact", "shop.logs", Severity::Low),
            ("mysql/non-innodb-table", "shop.logs", Severity::High),
        ]);
        let told: Vec<_> = brought(&first, &second).map(|finding| (finding.rule.as_str(), &*finding.subject)).collect();
        assert_eq!(told, [("mysql/no-primary-key-innodb", "shop.other"), ("mysql/non-innodb-table", "shop.logs")]);
    }
}
