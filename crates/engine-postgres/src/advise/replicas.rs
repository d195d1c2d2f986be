//! What a streaming replica reads, added to what the primary counts: an index that only the replica uses is used.

use dbwright_core::{Failure, Snapshot};

use crate::body::PgBody;

/// The snapshot with the reads of a replica's indexes and tables added.
///
/// # Errors
/// When the replica is no copy of the database: object numbers are the same in a streaming replica, and nowhere else.
pub(super) fn with_reads_of(snapshot: &Snapshot, replica: &Snapshot) -> Result<Snapshot, Failure> {
    let (body, other) = (snapshot.body::<PgBody>()?, replica.body::<PgBody>()?);
    if let Some(reason) = differs(body, other) {
        let (name, target) = (&replica.header.name, &snapshot.header.name);
        return Err(Failure::usage("advise.not-a-replica", format!("{name} is no replica of {target}: {reason}"))
            .hint("give the URL of a streaming replica, with the same database"));
    }
    Ok(Snapshot::new(snapshot.header.clone(), sum(body, other)))
}

/// Why the other body is not of the same database.
fn differs(body: &PgBody, other: &PgBody) -> Option<String> {
    let (ours, theirs) = (&body.server.database, &other.server.database);
    if ours != theirs {
        return Some(format!("its database is {theirs}, not {ours}"));
    }
    // A replica may lag behind by some objects, but not by half of them.
    let shared = body.catalog.tables.iter().filter(|table| {
        other.catalog.tables.iter().any(|t| t.id == table.id && t.name == table.name && t.schema == table.schema)
    });
    (shared.count() * 2 < body.catalog.tables.len()).then(|| "its tables are others".to_owned())
}

/// The first body with the counters of both; they cover what the shorter of the two windows covers.
fn sum(body: &PgBody, replica: &PgBody) -> PgBody {
    let mut sum = body.clone();
    for (id, stats) in &mut sum.indexes {
        if let Some(more) = replica.indexes.get(id) {
            stats.idx_scan += more.idx_scan;
            stats.last_idx_scan = stats.last_idx_scan.max(more.last_idx_scan);
            stats.idx_tup_read += more.idx_tup_read;
            stats.idx_tup_fetch += more.idx_tup_fetch;
        }
    }
    for (id, stats) in &mut sum.tables {
        if let Some(more) = replica.tables.get(id) {
            stats.seq_scan += more.seq_scan;
            stats.seq_tup_read += more.seq_tup_read;
            stats.idx_scan += more.idx_scan;
        }
    }
    sum.server.stats_reset = since(body).max(since(replica));
    sum
}

/// Since when the counters count.
fn since(body: &PgBody) -> Option<jiff::Timestamp> {
    let server = &body.server;
    server.stats_reset.or_else(|| server.started_at.max(server.created_at))
}

#[cfg(test)]
mod tests {
    use dbwright_core::snapshot::{Cost, Header};

    use super::*;
    use crate::body::IndexStats;
    use crate::sample;

    fn snapshot(scans: u64, change: impl FnOnce(&mut PgBody)) -> Snapshot {
        let mut body = sample::body();
        body.catalog.tables.push(sample::table(1, "orders"));
        body.indexes.insert(7, IndexStats { idx_scan: scans, ..IndexStats::default() });
        change(&mut body);
        let header = Header {
            engine: "postgres".to_owned(),
            version: "17.6".to_owned(),
            name: "shop".to_owned(),
            observed_at: body.server.now,
            dbwright: "0".to_owned(),
            without_values: false,
            gaps: Vec::new(),
            cost: Cost::default(),
        };
        Snapshot::new(header, body)
    }

    #[test]
    fn reads_add_up_over_the_shorter_window() {
        let later = sample::body().server.now;
        let replica = snapshot(5, |body| body.server.stats_reset = Some(later));
        let merged = with_reads_of(&snapshot(2, |_| ()), &replica).expect("a replica");
        let body = merged.body::<PgBody>().expect("PostgreSQL's");
        assert_eq!((body.indexes[&7].idx_scan, body.server.window_s()), (7, Some(0.0)));
    }

    #[test]
    fn another_database_is_no_replica() {
        let other = snapshot(5, |body| body.server.database = "blog".to_owned());
        let failure = with_reads_of(&snapshot(2, |_| ()), &other).expect_err("another database");
        assert!(failure.message.contains("its database is blog, not shop"), "{failure}");
        let other = snapshot(5, |body| body.catalog.tables[0].id = 99);
        let failure = with_reads_of(&snapshot(2, |_| ()), &other).expect_err("other objects");
        assert_eq!(failure.code, "advise.not-a-replica");
    }
}
