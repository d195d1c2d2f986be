//! How the target bears it: replicas, sessions that wait, sessions at work.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_migrate::Limits;

use super::MySession;
use super::patience::sleep;
use super::watch::age;

/// How often an unhealthy target is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// How often the same reason is said again.
const AGAIN: Duration = Duration::from_secs(30);

impl MySession {
    pub(super) async fn wait_until_well(&mut self, limits: &Limits, progress: &dyn Progress) -> Result<(), Failure> {
        let began = Instant::now();
        let mut told: Option<Instant> = None;
        loop {
            let ill = self.ill(limits, progress).await;
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
    pub(super) async fn ill(&mut self, limits: &Limits, progress: &dyn Progress) -> Vec<String> {
        let sql = format!(
            "SELECT /* dbwright */ (SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT') \
             + COALESCE(SUM(state LIKE 'Waiting for%lock'), 0), COALESCE(SUM(command NOT IN ('Sleep', 'Daemon', 'Binlog Dump', \
             'Binlog Dump GTID')), 0) FROM information_schema.processlist WHERE id NOT IN ({}, {})",
            self.main.id(),
            self.watch.id()
        );
        let rows = self.watch.rows(&sql).await.unwrap_or_default();
        let number = |at: usize| rows.first()?.get(at)?.as_deref()?.parse::<f64>().ok();
        let (waiting, active) = (number(0).unwrap_or(0.0), number(1).unwrap_or(0.0));
        let mut ill = self.replicas.behind(&mut self.watch, &self.address, limits, progress).await;
        if waiting > f64::from(limits.waiting) {
            ill.push(format!("{waiting} sessions wait for locks (limit {})", limits.waiting));
        }
        if let Some(limit) = limits.active.filter(|limit| active > f64::from(*limit)) {
            ill.push(format!("{active} sessions are at work (limit {limit})"));
        }
        ill
    }
}
