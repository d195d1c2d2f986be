//! Changes without downtime on PostgreSQL.

pub mod lint;
pub mod plan;
pub mod rehearse;
mod session;

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, RuleMeta, Snapshot};
use dbwright_migrate::lint::{LintOptions, Linted};
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::{Backfill, OnlineDdl, Script, Session};

use crate::Postgres;

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

    fn by_hand(&self, backfill: &Backfill) -> Option<String> {
        Some(plan::sql::batches(backfill))
    }

    fn by_hand_head(&self) -> &'static str {
        "-- Run it step by step with psql, and look at the result of each; nothing of it is in dbwright's journal then:\n\
         -- record it afterwards with `dbwright migrate baseline`.\n\\set ON_ERROR_STOP on\n\\set AUTOCOMMIT on\nSET lock_timeout = '250ms';  \
         -- when a step fails because of it, wait a little and run that step again\n"
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
