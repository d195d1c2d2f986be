//! Tries the application's statements, each in a transaction that is taken back.

use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::rehearse::TryOut;
use dbwright_sql::Dialect;
use mysql_async::Error;

use crate::migrate::session::link::Link;

/// What a transaction can hold, by its first word.
const TRIED: [&str; 11] =
    ["select", "with", "insert", "update", "delete", "replace", "table", "values", "show", "explain", "("];

/// A session that tries.
pub(super) struct MyTryOut {
    link: Link,
}

impl MyTryOut {
    /// A statement that is only slow is not broken, and is waited for no longer than this.
    pub(super) async fn new(mut link: Link) -> Result<Self, Failure> {
        let limits = format!(
            "SET /* dbwright */ SESSION lock_wait_timeout = 10, SESSION innodb_lock_wait_timeout = 10, SESSION {}",
            link.flavour.trial_limit()
        );
        link.run(&limits).await.map_err(|e| lost(&e))?;
        Ok(Self { link })
    }
}

impl TryOut for MyTryOut {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn refuses(&self, sql: &str) -> Option<String> {
        let first = crate::migrate::text::Cursor::new(sql);
        let known = first.is_any(&TRIED);
        (!known).then(|| "only statements that read or write rows can be tried and taken back".to_owned())
    }

    fn attempt<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Result<(), String>, Failure>> {
        Box::pin(async move {
            self.link.run("START TRANSACTION /* dbwright */").await.map_err(|e| lost(&e))?;
            let outcome = self.link.run(sql).await;
            self.link.run("ROLLBACK /* dbwright */").await.map_err(|e| lost(&e))?;
            Ok(outcome.map(drop).map_err(|e| crate::error::text(&e)))
        })
    }
}

fn lost(error: &Error) -> Failure {
    Failure::internal("rehearse.app-queries", format!("statements can't be tried: {}", crate::error::text(error)))
}
