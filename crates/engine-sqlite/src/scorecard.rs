//! The scorecard of a file. Hit rates, replication, connections and transaction ids have no meaning for a
//! library that runs inside its application, so they are left out rather than shown as null.

use dbwright_core::scorecard::Metric;

/// The metrics, before any experiment.
pub(crate) fn scorecard() -> Vec<Metric> {
    vec![
        calls_under_100ms().note(
            "SQLite keeps no times: give the application's statements with --workload FILE, to be measured in a copy",
        ),
        Metric::at_most("backup_age", "s", 86_400.0, "")
            .note("SQLite keeps no record of backups; copy the file with `sqlite3 FILE '.backup COPY'`"),
    ]
}

/// Target: 95 % of calls, weighted as the workload says.
pub(crate) fn calls_under_100ms() -> Metric {
    Metric::at_least("calls_under_100ms", "ratio", 0.95, "runs of the workload in a copy")
}
