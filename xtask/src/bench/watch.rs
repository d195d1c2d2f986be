//! What a target itself says about a visit: locks, write-ahead log, written rows.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use dbwright_testkit::sql::query;

use crate::Done;

/// What the target counts.
#[derive(Debug)]
pub(super) struct Position {
    wal: String,
    written: f64,
}

/// Where the target stands now.
pub(super) fn position(url: &str) -> Done<Position> {
    sleep(Duration::from_millis(1500)); // sessions hand in their counters when they end
    let row = query(
        url,
        "SELECT pg_current_wal_insert_lsn(), tup_inserted + tup_updated + tup_deleted \
         FROM pg_stat_database WHERE datname = current_database()",
    )?;
    let row = row.into_iter().next().ok_or("pg_stat_database has no row of this database")?;
    Ok(Position { wal: row[0].clone(), written: row[1].parse().map_err(|_| "not a number of rows")? })
}

/// Rows written since.
pub(super) fn rows_written(before: &Position, after: &Position) -> f64 {
    after.written - before.written
}

/// Records in the write-ahead log since, those left out that the server's own background processes write
/// (running transactions, checkpoints).
pub(super) fn wal_records(url: &str, before: &Position, after: &Position) -> Done<f64> {
    if before.wal == after.wal {
        return Ok(0.0);
    }
    let sql = format!(
        "SELECT w.record_type || coalesce(' on ' || pg_filenode_relation(0, b.relfilenode)::regclass, ''), count(*) \
         FROM pg_get_wal_records_info('{0}', '{1}') w LEFT JOIN pg_get_wal_block_info('{0}', '{1}') b USING (start_lsn) \
         WHERE w.record_type NOT IN ('RUNNING_XACTS', 'CHECKPOINT_ONLINE', 'CHECKPOINT_REDO') GROUP BY 1",
        before.wal, after.wal
    );
    let mut records = 0.0;
    for row in query(url, &sql)? {
        eprintln!("in the write-ahead log: {} records of {}", row[1], row[0]);
        records += row[1].parse::<f64>().map_err(|_| "not a number of records".to_owned())?;
    }
    Ok(records)
}

/// Collects the modes of the locks that dbwright holds on relations, until `done`.
pub(super) fn lock_modes(url: &str, done: &AtomicBool) -> Done<BTreeSet<String>> {
    let mut modes = BTreeSet::new();
    while !done.load(Ordering::Relaxed) {
        let rows = query(
            url,
            "SELECT DISTINCT mode FROM pg_locks JOIN pg_stat_activity USING (pid) \
             WHERE application_name LIKE 'dbwright%' AND locktype = 'relation'",
        )?;
        modes.extend(rows.into_iter().flatten());
        sleep(Duration::from_millis(20));
    }
    Ok(modes)
}
