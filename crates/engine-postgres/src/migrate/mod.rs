//! Changes without downtime on PostgreSQL.

mod leftovers;
pub mod lint;
mod lock_mode;
pub mod names;
mod parsed;
pub mod plan;
pub mod rehearse;
mod session;

use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, RuleMeta, Snapshot};
use dbwright_migrate::lint::{LintOptions, Linted, Verdicts};
use dbwright_migrate::observed::Observed;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::{ByHand, OnlineDdl, Script, Session};

use crate::Postgres;
pub(crate) use leftovers::HELPERS;
pub use lock_mode::LockMode;

impl OnlineDdl for Postgres {
    fn read(&self, file: &str, text: &str) -> Result<Script, Failure> {
        dbwright_migrate::read::read(file, text, dbwright_sql::Dialect::Postgres)
    }

    fn lint_rules(&self) -> Vec<&'static RuleMeta> {
        lint::rules()
    }

    fn lint(&self, scripts: &[Script], context: Option<&Snapshot>, options: &LintOptions) -> Result<Linted, Failure> {
        lint::lint(scripts, context, options)
    }

    fn parsed<'a>(
        &'a self,
        address: &'a Address,
        scripts: &'a [Script],
        connect_timeout: Duration,
    ) -> BoxFuture<'a, Result<Verdicts, Failure>> {
        Box::pin(parsed::verdicts(address, scripts, connect_timeout))
    }

    fn by_hand(&self) -> ByHand {
        plan::by_hand::PSQL
    }

    fn observed<'a>(&self, snapshot: &'a Snapshot) -> Result<&'a Observed, Failure> {
        Ok(&snapshot.body::<crate::body::PgBody>()?.migrations)
    }

    fn open<'a>(
        &'a self,
        address: &'a Address,
        options: &'a OpenOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, Failure>> {
        Box::pin(async move {
            let session = session::PgSession::open(address, options, progress).await?;
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }
}
