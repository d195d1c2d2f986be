//! `pg/low-index-hit`: the indexes are not where they are fast.
//!
//! One finding for the database, with the indexes that missed most: single indexes that are read once a
//! week miss as well, and harm nobody.

use std::collections::HashMap;

use dbwright_core::{Cx, Finding, Proof, Severity};
use dbwright_sql::model::ObjectId;

use crate::body::{IndexStats, PgBody};
use crate::hits::Hits;
use crate::words;

const SOURCE: &str = "pg_statio_user_indexes";

/// Indexes told by name.
const TOLD: usize = 3;

/// Reports the observed database.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (ratio, blocks, seconds) = (cx.limit("ratio"), cx.limit("blocks"), cx.limit("minutes") * 60.0);
    let sum = |value: fn(&IndexStats) -> u64| cx.body.indexes.values().map(value).sum::<u64>();
    let (hit, read) = (sum(|index| index.idx_blks_hit), sum(|index| index.idx_blks_read));
    let bytes = Some(sum(|index| index.bytes));
    let hits = Hits { hit, read, bytes, window_s: cx.body.server.window_s().unwrap_or(0.0) };
    if cx.body.indexes.is_empty() {
        return;
    }
    if let Some(reason) = hits.prove_nothing(blocks, seconds) {
        return cx.not_looked(reason, Some("check again when the counters cover more"));
    }
    if hits.rate() < ratio {
        let finding = finding(cx, &hits);
        cx.report(finding);
    }
}

fn finding(cx: &Cx<'_, PgBody>, hits: &Hits) -> Finding {
    let bytes = hits.bytes.unwrap_or(0);
    let buffers = cx.body.setting("shared_buffers").and_then(|setting| setting.value.parse::<u64>().ok());
    let fits = buffers.is_some_and(|blocks| bytes <= blocks * 8192);
    let severity = if fits { Severity::Low } else { Severity::Medium };
    let finding = cx
        .finding("database", format!("only {} of the index blocks were found in shared buffers", words::percent(hits.rate())))
        .severity(severity)
        .why(if fits {
            "all indexes would fit into shared buffers, so these are the misses of a start, or tables crowd them out: no statement mends it"
        } else {
            "every lookup through them waits for the operating system or the disk, several times each; drop indexes that nobody \
             uses first; how large shared_buffers may be depends on the machine's memory, which can't be seen from here, so \
             there is no change"
        })
        .proof(Proof::unproven("there is no change to try"))
        .evidence("index_hit_rate", (hits.rate() * 10_000.0).round() / 10_000.0, "ratio", SOURCE)
        .evidence("idx_blks_read", hits.read, "blocks", SOURCE)
        .evidence("idx_blks_hit", hits.hit, "blocks", SOURCE)
        .evidence("window", hits.window_s.round(), "s", "pg_stat_database")
        .evidence("indexes_size", bytes, "bytes", "pg_relation_size");
    let finding = match buffers {
        Some(blocks) => finding.evidence("shared_buffers", blocks * 8192, "bytes", "pg_settings"),
        None => finding,
    };
    most_missed(cx.body).into_iter().fold(finding, |finding, (name, read)| {
        finding.evidence(&format!("{name} idx_blks_read"), read, "blocks", SOURCE)
    })
}

/// The indexes with the most misses.
fn most_missed(body: &PgBody) -> Vec<(String, u64)> {
    let mut worst: Vec<(ObjectId, u64)> = body.indexes.iter().map(|(id, index)| (*id, index.idx_blks_read)).collect();
    worst.sort_by_key(|(id, read)| (std::cmp::Reverse(*read), *id));
    let dialect = body.catalog.dialect;
    let names: HashMap<ObjectId, String> = body
        .catalog
        .tables
        .iter()
        .flat_map(|table| table.indexes.iter().map(|index| (index.id, dialect.subject(&[&table.schema, &index.name]))))
        .collect();
    let told =
        worst.into_iter().filter(|(_, read)| *read > 0).filter_map(|(id, read)| Some((names.get(&id)?.clone(), read)));
    told.take(TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn body(indexes: &[(u64, u64)]) -> PgBody {
        let mut body = sample::body();
        for (id, &(hit, read)) in (1..).zip(indexes) {
            body.indexes.insert(
                id,
                IndexStats { idx_blks_hit: hit, idx_blks_read: read, bytes: 1 << 30, ..Default::default() },
            );
        }
        body
    }

    #[test]
    fn the_share_over_all_indexes_decides() {
        assert!(sample::run("pg/low-index-hit", &body(&[(80_000, 10_000), (10_000, 0)])).is_empty());
        let found = sample::run("pg/low-index-hit", &body(&[(80_000, 10_001), (9_999, 0)]));
        assert_eq!(found[0].severity, Severity::Medium);
    }

    #[test]
    fn little_traffic_is_said_and_no_indexes_are_fine() {
        let (found, skipped) = sample::run_with("pg/low-index-hit", &body(&[(1, 99_998)]), &[], &[]);
        assert!(found.is_empty() && skipped[0].reason.contains("99,999 blocks"), "{skipped:?}");
        assert!(sample::run("pg/low-index-hit", &sample::body()).is_empty());
    }
}
