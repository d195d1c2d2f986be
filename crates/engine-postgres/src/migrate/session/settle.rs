//! How the target bears it: replicas, sessions that wait, sessions at work.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_migrate::Limits;

use super::PgSession;
use super::patience::sleep;
use super::watch::age;

/// How often an unhealthy target is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// How often the same reason is said again.
const AGAIN: Duration = Duration::from_secs(30);

/// One row: lag of the slowest replica in s and bytes, its name, sessions that wait for a lock, sessions at work.
const HEALTH: &str = "SELECT /* dbwright */ \
    (SELECT max(extract(epoch FROM r.replay_lag))::float8 FROM pg_catalog.pg_stat_replication r WHERE r.state = 'streaming'), \
    (SELECT max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn))::float8 \
     FROM pg_catalog.pg_stat_replication r WHERE r.state = 'streaming'), \
    (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.wait_event_type = 'Lock' \
     AND a.datname = pg_catalog.current_database() AND a.pid NOT IN ($1, $2)), \
    (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.state = 'active' \
     AND a.backend_type = 'client backend' AND a.pid NOT IN ($1, $2))";

impl PgSession {
    pub(super) async fn wait_until_well(&mut self, limits: &Limits, progress: &dyn Progress) -> Result<(), Failure> {
        let began = Instant::now();
        let mut told: Option<Instant> = None;
        loop {
            let ill = self.ill(limits).await;
            if ill.is_empty() {
                return Ok(());
            }
            let why = ill.join("; ");
            if began.elapsed() > limits.patience {
                let message =
                    format!("the target did not recover within {}: {why}", age(limits.patience.as_secs_f64()));
                return Err(Failure::not_permitted("migrate.unwell", message)
                    .hint("raise the limit when that is its ordinary state"));
            }
            if told.is_none_or(|at| at.elapsed() > AGAIN) {
                told = Some(Instant::now());
                progress.note(&format!("paused: {why}"));
            }
            sleep(EVERY, "paused", progress).await?;
        }
    }

    /// What is beyond its limit. What can't be seen is not judged.
    async fn ill(&self, limits: &Limits) -> Vec<String> {
        let int = tokio_postgres::types::Type::INT4;
        let params: [(&(dyn tokio_postgres::types::ToSql + Sync), _); 2] =
            [(&self.main.pid, int.clone()), (&self.watch.pid, int)];
        let Ok(row) = self.watch.client().query_typed_one(HEALTH, &params).await else { return Vec::new() };
        let (lag, behind): (Option<f64>, Option<f64>) =
            (row.try_get(0).unwrap_or(None), row.try_get(1).unwrap_or(None));
        let (waiting, active): (i64, i64) = (row.try_get(2).unwrap_or(0), row.try_get(3).unwrap_or(0));
        let mut ill = Vec::new();
        if let Some(lag) = lag.filter(|lag| *lag > limits.replica_lag.as_secs_f64()) {
            ill.push(format!("a replica is {} behind (limit {})", age(lag), age(limits.replica_lag.as_secs_f64())));
        } else if let Some(bytes) = behind.filter(|bytes| *bytes > limits.replica_bytes as f64) {
            let mib = 1_048_576.0;
            ill.push(format!(
                "a replica is {:.0} MiB behind (limit {:.0} MiB)",
                bytes / mib,
                limits.replica_bytes as f64 / mib
            ));
        }
        if waiting > i64::from(limits.waiting) {
            ill.push(format!("{waiting} sessions wait for locks (limit {})", limits.waiting));
        }
        if let Some(limit) = limits.active.filter(|limit| active > i64::from(*limit)) {
            ill.push(format!("{active} sessions are at work (limit {limit})"));
        }
        ill
    }
}
