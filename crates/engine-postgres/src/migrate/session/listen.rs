//! How soon the target answers a trifle while something else goes on: as it answers others meanwhile.

use std::pin::pin;
use std::time::{Duration, Instant};

use tokio_postgres::types::Type;

use super::link::Link;

/// How often it is asked: often enough that a batch hears a few answers, and next to no work.
const EVERY: Duration = Duration::from_millis(10);

const TRIFLE: &str = "SELECT /* dbwright */ 1";

/// Whether somebody else has worked in the last seconds, as far as this role may see: what it can't see is at work.
const OTHERS: &str = "SELECT /* dbwright */ EXISTS (SELECT FROM pg_catalog.pg_stat_activity a \
    WHERE a.pid NOT IN ($1, $2) AND a.datname IS NOT NULL \
    AND coalesce(a.backend_type, 'client backend') = 'client backend' \
    AND (a.state NOT LIKE 'idle%' OR a.state_change > pg_catalog.clock_timestamp() - interval '3 seconds') IS NOT FALSE)";

/// Whether anybody but these two connections is there to be late for; when it can't be known, somebody is.
pub(super) async fn others(main: &Link, watch: &Link) -> bool {
    let pids: [(&(dyn tokio_postgres::types::ToSql + Sync), _); 2] =
        [(&main.pid, Type::INT4), (&watch.pid, Type::INT4)];
    let answer = watch.client().query_typed_one(OTHERS, &pids).await;
    answer.and_then(|row| row.try_get(0)).unwrap_or(true)
}

/// Awaits work, asks meanwhile, and tells how long each answer took.
pub(super) async fn listening<T>(work: impl Future<Output = T>, watch: &Link, mut heard: impl FnMut(Duration)) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = tokio::time::sleep(EVERY) => {}
        }
        let asked = Instant::now();
        let mut answer = pin!(watch.client().simple_query(TRIFLE));
        let answered = tokio::select! {
            biased;
            result = &mut work => {
                // It was asked while the work went on, so it counts.
                if answer.await.is_ok() {
                    heard(asked.elapsed());
                }
                return result;
            }
            answered = &mut answer => answered,
        };
        if answered.is_err() {
            return work.await;
        }
        heard(asked.elapsed());
    }
}
