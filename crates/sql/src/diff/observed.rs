//! What differs between two observations beside the schema: values of settings, and statements.

use std::collections::BTreeMap;

use dbwright_core::workload::{Statement, Workload};

use super::Differs;

/// Share of all statement time from which a new statement is told.
const NOTABLE_SHARE: f64 = 0.01;
/// How much slower a statement must be to be told: twice, and ten milliseconds.
const SLOWER: (f64, f64) = (2.0, 10.0);

/// Settings by name whose values differ. Without the right to read settings there are none; that is no difference.
#[must_use]
pub fn values(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Differs> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    changed
        .map(|name| {
            let (before, after) = (old.get(name).cloned(), new.get(name).cloned());
            let kind = match (&before, &after) {
                (None, _) => "added",
                (_, None) => "removed",
                _ => "changed",
            };
            Differs { kind, subject: name.clone(), before, after }
        })
        .collect()
}

/// New statements that matter, and statements that became much slower, the most total time first.
#[must_use]
pub fn statements(old: &Workload, new: &Workload) -> Vec<Differs> {
    let known: BTreeMap<&str, &Statement> = old.statements.iter().map(|one| (one.fingerprint.as_str(), one)).collect();
    let all: f64 = new.statements.iter().filter_map(|one| one.total_ms).sum();
    let mut found: Vec<(f64, Differs)> = Vec::new();
    for one in &new.statements {
        let Some(total) = one.total_ms else { continue };
        let subject = one.fingerprint.clone();
        match known.get(subject.as_str()) {
            None if total >= all * NOTABLE_SHARE => {
                let after = format!("{}: {}", timing(one.calls, total), one.text);
                found.push((total, Differs { kind: "added", subject, before: None, after: Some(after) }));
            }
            None => {}
            Some(known) => found.extend(slower(known, one).map(|differs| (total, differs))),
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.subject.cmp(&b.1.subject)));
    found.into_iter().map(|(_, differs)| differs).collect()
}

/// A statement whose mean between the snapshots is much above that until the first one.
fn slower(before: &Statement, after: &Statement) -> Option<Differs> {
    let (old_total, new_total) = (before.total_ms?, after.total_ms?);
    // Counters only grow, unless they were reset between the snapshots: then the second stands for itself.
    let grown = after.calls >= before.calls && new_total >= old_total;
    let (calls, total) =
        if grown { (after.calls - before.calls, new_total - old_total) } else { (after.calls, new_total) };
    if calls < 1.0 || before.calls < 1.0 {
        return None;
    }
    let (was, is) = (old_total / before.calls, total / calls);
    (is >= was * SLOWER.0 && is - was >= SLOWER.1).then(|| Differs {
        kind: "changed",
        subject: after.fingerprint.clone(),
        before: Some(timing(before.calls, old_total)),
        after: Some(format!("{}: {}", timing(calls, total), after.text)),
    })
}

fn timing(calls: f64, total_ms: f64) -> String {
    format!("mean {:.1} ms over {calls:.0} calls", total_ms / calls.max(1.0))
}
