//! How soon the target answers a trifle while something else goes on: as it answers others meanwhile.

use dbwright_core::BoxFuture;
use dbwright_migrate::echo::{Ear, TRIFLE};
use tokio_postgres::types::Type;

use super::link::Link;

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

/// Asks through the watching connection.
pub(super) struct Watching<'a>(pub(super) &'a Link);

impl Ear for Watching<'_> {
    fn answers(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async { self.0.client().simple_query(TRIFLE).await.is_ok() })
    }
}
