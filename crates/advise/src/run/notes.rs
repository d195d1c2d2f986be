//! What the reader of an advice should know.

use std::collections::BTreeMap;

use super::assemble::Found;
use crate::index::ObjectName;

/// Most tables that are named for their writes.
const NAMED: usize = 5;

/// One sentence each.
pub(super) fn notes(found: &Found<'_>) -> Vec<String> {
    let mut notes = writes(found);
    let (search, outcome) = (&found.search, &found.outcome);
    if search.space.queries.is_empty() {
        notes.push("No statement could be planned, so there is nothing to advise on.".to_owned());
    } else if outcome.cost > 0.0 {
        let least = (100.0 * found.shown(outcome.floor) / found.shown(outcome.cost)).floor();
        notes.push(if outcome.stopped {
            "The search was stopped before its end: the gap is what plans had proven until then, so give it more time for a \
             smaller one. Old indexes were not looked at."
                .to_owned()
        } else {
            format!(
                "The gap is proven over all combinations that were planned or derived from plans. Whatever the budget, the \
                 cheapest plans that were seen bring the cost to {least:.0} % of what the advice reaches."
            )
        });
    }
    if search.whatif.counted_s().is_some() && found.subject.workload.window_s.is_none() {
        notes.push(
            "The workload is a list of statements that tells of no time: only what its own statements write is weighed as \
             upkeep, not what others write meanwhile."
                .to_owned(),
        );
    }
    notes.extend(unknown_keeps(found));
    if let Some((_, first)) = search.oracle.refused.first() {
        let count = search.oracle.refused.len();
        notes.push(format!("{count} plans could not be made and count as no gain; the first because: {first}"));
    }
    notes.extend(found.subject.workload.notes.iter().cloned());
    notes.extend(search.whatif.notes());
    if let Some(reason) = found.dropped.notes.first() {
        notes.push(format!("Indexes that statements could not be planned without stay; the first reason: {reason}"));
    }
    notes
}

/// Names that the user wants to keep and that no index has: one that is misspelt would not be kept.
fn unknown_keeps(found: &Found<'_>) -> Vec<String> {
    let existing = found.search.whatif.existing();
    let known = |kept: &String| {
        existing.iter().any(|one| one.name == *kept || format!("{}.{}", one.index.table.schema, one.name) == *kept)
    };
    let unknown = found.options.keep.iter().filter(|kept| !known(kept));
    unknown.map(|kept| format!("There is no index {kept} to keep: check how it is spelt.")).collect()
}

/// Tables on which an index would help reads, but costs its writers more.
fn writes(found: &Found<'_>) -> Vec<String> {
    let (search, outcome) = (&found.search, &found.outcome);
    let mut best: BTreeMap<&ObjectName, (f64, f64)> = BTreeMap::new();
    for (candidate, gain) in search.useful() {
        let candidate = &search.space.candidates[candidate as usize];
        let upkeep = candidate.estimate.upkeep * search.weights.upkeep;
        let entry = best.entry(&candidate.index.table).or_insert((gain, upkeep));
        if gain - upkeep > entry.0 - entry.1 {
            *entry = (gain, upkeep);
        }
    }
    let chosen =
        |table: &ObjectName| outcome.chosen.iter().any(|c| search.space.candidates[*c as usize].index.table == *table);
    let lost = best.into_iter().filter(|(table, (gain, upkeep))| gain <= upkeep && !chosen(table));
    let whole = search.weights.today(search.space.queries);
    lost.take(NAMED).map(|(table, (gain, upkeep))| sentence(table, gain / whole, upkeep / whole)).collect()
}

/// Both as shares of what the workload counts today: units of plan costs mean nothing to a reader.
fn sentence(table: &ObjectName, gain: f64, upkeep: f64) -> String {
    format!(
        "None on {table}, because of its writes: the best index would save reads {} of today's cost, and cost writes {}.",
        percent(gain),
        percent(upkeep)
    )
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 10.0 { format!("{percent:.0} %") } else { format!("{percent:.2} %") }
}
