//! Rehearsals: a migration is carried out on a copy of the file, while other connections read and write there.
//!
//! The stage ([`stage`]) is a copy made by the online backup, at the target's own size or with its rows thinned out or multiplied;
//! `dbwright-migrate` carries the migrations out on it through a session that is watched ([`watch`]).

mod client;
mod load;
mod scale;
mod stage;
mod try_out;
mod watch;

use std::path::PathBuf;

use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::Migration;
use dbwright_migrate::rehearse::touched::touched;
use dbwright_migrate::rehearse::{self, Rehearsal, RehearseOptions, Rehearses, Size, Stage, Stages, Stops};

use crate::body::SqliteBody;
use crate::error::Error;
use crate::{Sqlite, observe, path};

/// The mode of a lock that keeps writers out.
const WRITERS: &str = "RESERVED";
/// The mode of a lock that keeps readers out too.
const EVERYBODY: &str = "EXCLUSIVE";

impl Rehearses for Sqlite {
    fn rehearse<'a>(
        &'a self,
        address: &'a Address,
        migrations: &'a [Migration],
        options: &'a RehearseOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Rehearsal, Failure>> {
        Box::pin(async move {
            let pending = rehearse::pending(self, address, migrations, options).await?;
            let path = path::resolve(address)?;
            let observe = ObserveOptions { values: Values::None, ..ObserveOptions::default() };
            let snapshot = observe::file(&path, &observe, progress)?;
            let body: &SqliteBody = snapshot.body()?;
            let target_rows = touched(&body.catalog, &pending).rows();
            let stages = SqliteStages { path, body, migrations: &pending, target_rows };
            rehearse::rehearse(&stages, &pending, options, progress).await
        })
    }
}

/// Stages that look like one file.
struct SqliteStages<'a> {
    path: PathBuf,
    body: &'a SqliteBody,
    migrations: &'a [Migration],
    target_rows: Option<u64>,
}

impl Stages for SqliteStages<'_> {
    fn make<'a>(
        &'a self,
        size: Size,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Stage + 'a>, Failure>> {
        Box::pin(async move { Ok(Box::new(stage::make(self, size, progress)?) as Box<dyn Stage>) })
    }

    fn target_rows(&self) -> Option<u64> {
        self.target_rows
    }

    fn stops(&self, mode: &str) -> Stops {
        match mode {
            EVERYBODY => Stops::Everybody,
            WRITERS => Stops::Writers,
            _ => Stops::Nobody,
        }
    }
}

/// What broke on the stage, which is dbwright's own.
fn broken(error: rusqlite::Error) -> Failure {
    Error::sqlite("the copy for the rehearsal can't be used")(error).into()
}
