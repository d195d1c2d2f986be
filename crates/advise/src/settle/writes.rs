//! What writers of a table lose by its new indexes.

use dbwright_core::Failure;

use super::bench::Bench;
use super::prove::members;
use crate::index::ObjectName;
use crate::port::WriteRate;

/// For each table that gets indexes, what inserts and updates manage without and with them, in words.
pub(super) async fn measure(bench: &Bench<'_>, set: &[bool]) -> Result<Vec<(ObjectName, String)>, Failure> {
    let mut tables: Vec<&ObjectName> = members(set).into_iter().map(|at| &bench.pool[at].index.table).collect();
    tables.sort();
    tables.dedup();
    bench.progress.stage("measuring writes in the copy", Some(tables.len() as u64));
    let mut found = Vec::new();
    for (nth, table) in tables.into_iter().enumerate() {
        bench.progress.step(nth as u64);
        if bench.progress.cancelled() {
            break;
        }
        let own: Vec<usize> = members(set).into_iter().filter(|at| bench.pool[*at].index.table == *table).collect();
        // A table that can't be written here says nothing about its indexes.
        let Ok(before) = bench.measurer.writes(table, &[], bench.progress).await else { continue };
        let Ok(after) = bench.measurer.writes(table, &own, bench.progress).await else { continue };
        found.push((table.clone(), words(before, after, own.len())));
    }
    Ok(found)
}

fn words(before: WriteRate, after: WriteRate, count: usize) -> String {
    let which = if count == 1 { "this index".to_owned() } else { format!("the {count} new indexes of this table") };
    let rate = |name: &str, before: f64, after: f64| {
        (before > 0.0 && after > 0.0).then(|| format!("{name} {before:.0} → {after:.0} rows a second"))
    };
    let rates: Vec<String> = [
        rate("inserts", before.inserts, after.inserts),
        rate("updates of all columns outside keys", before.updates, after.updates),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!(
        "measured with {which}: {}",
        if rates.is_empty() { "no rows to write".to_owned() } else { rates.join(", ") }
    )
}
