//! Tries the application's statements, each in a transaction that is taken back.

use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::rehearse::TryOut;
use dbwright_sql::Dialect;

use crate::connect::Connection;

/// Each is tried and taken back, for so long at most: a statement that is only slow is not broken.
const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '10s'";

/// A session that tries.
pub(super) struct PgTryOut(pub(super) Connection);

impl TryOut for PgTryOut {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn attempt<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Result<(), String>, Failure>> {
        Box::pin(async {
            let client = &self.0.client;
            client.batch_execute(BEGIN).await.map_err(|e| lost(&e))?;
            let outcome = client.batch_execute(sql).await;
            client.batch_execute("ROLLBACK").await.map_err(|e| lost(&e))?;
            Ok(outcome.map_err(|e| crate::error::text(&e)))
        })
    }
}

fn lost(error: &tokio_postgres::Error) -> Failure {
    Failure::internal("rehearse.app-queries", format!("statements can't be tried: {}", crate::error::text(error)))
}
