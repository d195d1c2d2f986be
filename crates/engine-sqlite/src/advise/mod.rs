//! SQLite's side of the advisor: everything happens in a copy of the file, with real indexes and statements that are run.
//!
//! SQLite prints no costs. What a statement costs is therefore counted while it runs in the copy: instructions of its
//! virtual machine, and pages that it touches. Both are the same in every run, unlike times.

mod copy;
mod measurer;
mod usage;
mod whatif;
mod work;

use std::io::BufRead;

use dbwright_advise::Advises;
use dbwright_advise::port::{CopyOptions, Measurer, WhatIf, WhatIfOptions};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::workload::Workload;
use dbwright_core::{BoxFuture, Failure, Snapshot};

use crate::Sqlite;
use crate::body::SqliteBody;

impl Advises for Sqlite {
    fn log(&self, _name: &str, _input: &mut dyn BufRead) -> Result<Option<Workload>, Failure> {
        Ok(None)
    }

    fn workload(&self, snapshot: &Snapshot) -> Option<Workload> {
        snapshot.body::<SqliteBody>().ok()?.workload.clone()
    }

    fn what_if<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        address: Option<&'a Address>,
        options: &'a WhatIfOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn WhatIf>, Failure>> {
        Box::pin(async move {
            let address = address.ok_or_else(no_rows)?;
            let copy = copy::Copy::of(snapshot, address, &options.observe, progress)?;
            let what_if: Box<dyn WhatIf> = Box::new(whatif::Trials::new(copy, snapshot)?);
            Ok(what_if)
        })
    }

    fn measurer<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        address: &'a Address,
        _options: &'a CopyOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Measurer>, Failure>> {
        Box::pin(async move {
            let observe = dbwright_core::engine::ObserveOptions::default();
            let copy = copy::Copy::of(snapshot, address, &observe, progress)?;
            let measurer: Box<dyn Measurer> = Box::new(measurer::Bench::new(copy, snapshot)?);
            Ok(measurer)
        })
    }
}

fn no_rows() -> Failure {
    Failure::usage(
        "sqlite.advise-needs-rows",
        "a snapshot of SQLite has no rows, and statements are run to learn what they cost",
    )
    .hint("give the database file itself; it is copied, never changed")
}
