//! How long the change keeps others out: looked at every few milliseconds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

/// A running look.
pub(super) struct Trace {
    stop: Arc<AtomicBool>,
    task: JoinHandle<BTreeMap<String, Duration>>,
}

const LOOK: &str = "SELECT l.relation::regclass::text || ' ' || l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
    JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE a.application_name LIKE 'dbwright%' AND l.granted AND c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname !~ '^(dbwright|pg_)' \
    AND l.mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')";

impl Trace {
    pub(super) async fn start(url: &str) -> Self {
        let client = super::connect(url).await;
        let stop = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut since: BTreeMap<String, Instant> = BTreeMap::new();
            let mut longest: BTreeMap<String, Duration> = BTreeMap::new();
            while !end.load(Ordering::SeqCst) {
                let now = Instant::now();
                let rows = client.query(LOOK, &[]).await.expect("locks");
                let held: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
                since.retain(|lock, _| held.contains(lock));
                for lock in held {
                    let began = *since.entry(lock.clone()).or_insert(now);
                    let length = longest.entry(lock).or_default();
                    *length = (*length).max(now - began);
                }
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            longest
        });
        Self { stop, task }
    }

    /// The longest time that each lock was seen.
    pub(super) async fn stop(self) -> BTreeMap<String, Duration> {
        self.stop.store(true, Ordering::SeqCst);
        self.task.await.expect("the look ends")
    }
}
