//! Changes of a SQLite file: each statement as SQLite does it by itself, or as one rebuild of the table in one
//! transaction, with the journal in the same file. A file is never left half changed: what a crash interrupts, SQLite
//! rolls back, and the journal's mark with it.

mod alter;
mod drop;
mod edit;
pub(crate) mod journal;
pub mod lint;
mod lock;
mod parse;
mod plan;
mod read;
mod rebuild;
mod rehearse;
mod schema;
mod session;

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, RuleMeta, Snapshot};
use dbwright_migrate::lint::{LintOptions, Linted};
use dbwright_migrate::observed::Observed;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::{ByHand, OnlineDdl, Script, Session};

use crate::{Sqlite, path};

/// How a file for the shell begins.
const HEAD: &str = "\
-- Run it step by step with the sqlite3 shell, version 3.53 or later, and look at the result of each; nothing of it is
-- in dbwright's journal then: record it afterwards with `dbwright migrate baseline`.
.bail on
.timeout 5000
";

impl OnlineDdl for Sqlite {
    fn read(&self, file: &str, text: &str) -> Result<Script, Failure> {
        read::script(file, text)
    }

    fn lint_rules(&self) -> Vec<&'static RuleMeta> {
        lint::rules()
    }

    fn lint(&self, scripts: &[Script], context: Option<&Snapshot>, options: &LintOptions) -> Result<Linted, Failure> {
        lint::lint(scripts, context, options)
    }

    fn by_hand(&self) -> ByHand {
        ByHand { head: HEAD, before_begin: schema::before_transaction, ..ByHand::default() }
    }

    fn observed<'a>(&self, snapshot: &'a Snapshot) -> Result<&'a Observed, Failure> {
        Ok(&snapshot.body::<crate::body::SqliteBody>()?.migrations)
    }

    fn open<'a>(
        &'a self,
        address: &'a Address,
        options: &'a OpenOptions,
        _progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, Failure>> {
        Box::pin(async move {
            let path = path::resolve(address)?;
            let session = session::Open::new(&path, options)?;
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }
}
