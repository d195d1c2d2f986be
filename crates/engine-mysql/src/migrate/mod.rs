//! Changes without downtime on MySQL and MariaDB: what the server does without holding anybody up is left to it, after
//! it was asked; what it does only by copying a table under a lock is copied beside it, by ourselves or by a tool.

mod lab;
pub mod lint;
mod names;
mod parse;
mod plan;
mod rehearse;
mod session;
mod shadow;
mod table;
pub(crate) mod text;
mod tool;
mod ways;

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, RuleMeta, Snapshot};
use dbwright_migrate::lint::{LintOptions, Linted};
use dbwright_migrate::observed::Observed;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::{ByHand, OnlineDdl, Script, Session};

use crate::MySql;
use crate::flavour::Flavour;
pub(crate) use lab::OF_THE_MACHINE;
pub(crate) use rehearse::copy_rows;
pub(crate) use session::link::{Cells, Link};
pub(crate) use ways::REFUSED_WAY;

/// The clauses for the ways of doing an `ALTER TABLE`, from the least harm to the most.
pub(crate) fn ways_of(flavour: Flavour) -> impl Iterator<Item = String> {
    flavour.ways().iter().map(|way| way.clause())
}

impl OnlineDdl for MySql {
    fn read(&self, file: &str, text: &str) -> Result<Script, Failure> {
        text::split::script(file, text)
    }

    fn lint_rules(&self) -> Vec<&'static RuleMeta> {
        lint::rules()
    }

    fn lint(&self, scripts: &[Script], context: Option<&Snapshot>, options: &LintOptions) -> Result<Linted, Failure> {
        lint::lint(scripts, context, options)
    }

    fn by_hand(&self) -> ByHand {
        plan::by_hand::client()
    }

    fn copy_tools(&self) -> &'static [&'static str] {
        tool::WORDS
    }

    fn observed<'a>(&self, snapshot: &'a Snapshot) -> Result<&'a Observed, Failure> {
        let body: &crate::body::Body = snapshot.body()?;
        if body.server.database.is_none() {
            let message =
                format!("{} names no database, and each database has migrations of its own", snapshot.header.name);
            return Err(
                Failure::usage("migrate.no-database", message).hint("end the URL with the database: mysql://host/NAME")
            );
        }
        Ok(&body.migrations)
    }

    fn open<'a>(
        &'a self,
        address: &'a Address,
        options: &'a OpenOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, Failure>> {
        Box::pin(async move {
            let session = session::MySession::open(address, options, progress).await?;
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }
}
