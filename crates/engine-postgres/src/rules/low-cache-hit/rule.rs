//! `pg/low-cache-hit`: the database's blocks are not where they are fast.
//!
//! The counters do not tell the operating system's cache from the disk, so a low rate is a hint at the
//! cost, not its measure; hence nothing above medium, and nothing from a short window.

use dbwright_core::{Cx, Finding, Proof, Severity};

use crate::body::PgBody;
use crate::hits::Hits;
use crate::words;

const SOURCE: &str = "pg_stat_database";

/// Reports the observed database.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (ratio, blocks, minutes) = (cx.limit("ratio"), cx.limit("blocks"), cx.limit("minutes"));
    let Some(database) = cx.body.database() else { return };
    let hits = Hits {
        hit: database.blks_hit,
        read: database.blks_read,
        bytes: cx.body.server.database_bytes,
        window_s: cx.body.server.window_s().unwrap_or(0.0),
    };
    if let Some(reason) = hits.prove_nothing(blocks, minutes * 60.0) {
        return cx.not_looked(reason, Some("check again when the counters cover more"));
    }
    if hits.rate() < ratio {
        let finding = finding(cx, &hits);
        cx.report(finding);
    }
}

fn finding(cx: &Cx<'_, PgBody>, hits: &Hits) -> Finding {
    let buffers = shared_buffers(cx.body);
    let fits = buffers.zip(cx.body.server.database_bytes).is_some_and(|(buffers, bytes)| bytes <= buffers);
    let severity = if fits { Severity::Low } else { Severity::Medium };
    let finding = cx
        .finding("database", format!("only {} of the blocks were found in shared buffers", words::percent(hits.rate())))
        .severity(severity)
        .why(if fits {
            "the database fits into shared buffers whole, so these are the misses of a start: no statement mends what mends itself"
        } else {
            "the rest was asked of the operating system or the disk; statements that read more than they need are the usual \
             cause, too small a shared_buffers the other; how large it may be depends on the machine's memory, which can't be \
             seen from here, so there is no change"
        })
        .proof(Proof::unproven("there is no change to try"))
        .evidence("hit_rate", (hits.rate() * 10_000.0).round() / 10_000.0, "ratio", SOURCE)
        .evidence("blks_read", hits.read, "blocks", SOURCE)
        .evidence("blks_hit", hits.hit, "blocks", SOURCE)
        .evidence("window", hits.window_s.round(), "s", SOURCE);
    let finding = match buffers {
        Some(buffers) => finding.evidence("shared_buffers", buffers, "bytes", "pg_settings"),
        None => finding,
    };
    match cx.body.server.database_bytes {
        Some(bytes) => finding.evidence("database_size", bytes, "bytes", "pg_database_size"),
        None => finding,
    }
}

/// Bytes of shared buffers.
fn shared_buffers(body: &PgBody) -> Option<u64> {
    body.setting("shared_buffers")?.value.parse::<u64>().ok().map(|blocks| blocks * 8192)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::DatabaseStats;
    use crate::sample;

    fn body(hit: u64, read: u64) -> PgBody {
        let mut body = sample::body();
        body.databases.push(DatabaseStats {
            name: "shop".to_owned(),
            blks_hit: hit,
            blks_read: read,
            ..Default::default()
        });
        body
    }

    #[test]
    fn the_share_of_hits_decides() {
        assert!(sample::run("pg/low-cache-hit", &body(90_000, 10_000)).is_empty());
        assert_eq!(sample::run("pg/low-cache-hit", &body(89_999, 10_001))[0].severity, Severity::Medium);
    }

    #[test]
    fn what_fits_into_shared_buffers_is_low() {
        let mut small = body(50_000, 50_000);
        small.settings.push(sample::setting("shared_buffers", "16384", "default", "postmaster"));
        small.server.database_bytes = Some(100 << 20);
        assert_eq!(sample::run("pg/low-cache-hit", &small)[0].severity, Severity::Low);
    }

    #[test]
    fn a_short_window_and_little_traffic_are_said() {
        let looked = |body: &PgBody| sample::run_with("pg/low-cache-hit", body, &[], &[]);
        let (found, skipped) = looked(&body(10, 90_000));
        assert!(found.is_empty() && skipped[0].reason.contains("90,010 blocks"), "{skipped:?}");
        let mut fresh = body(10, 900_000);
        fresh.server.stats_reset = Some(fresh.server.now);
        let (found, skipped) = looked(&fresh);
        assert!(found.is_empty() && skipped[0].reason.contains("cover only 0 s"), "{skipped:?}");
    }
}
