//! MySQL's and MariaDB's side of the advisor: everything happens in a copy on a private server.
//!
//! The copy holds the schema and rows of the target. Trial indexes are built there and hidden (`INVISIBLE`, `IGNORED`); to see
//! what a statement would cost with some of them, those are shown and the server is asked for its plan.

mod copy;
pub(crate) mod counted;
pub(crate) mod definition;
mod existing;
mod figures;
mod fill;
mod histograms;
mod measure;
mod named;
mod plan;
mod planner;
mod replicas;
mod trials;
mod usage;
mod whatif;
mod writers;

use std::collections::BTreeSet;
use std::io::BufRead;

use dbwright_advise::port::{CopyOptions, Measurer, WhatIf, WhatIfOptions};
use dbwright_advise::{Advises, ObjectName};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::workload::Workload;
use dbwright_core::{BoxFuture, Failure, Snapshot};
use dbwright_sql::model::{Catalog, Table};

use self::copy::Copy;
use crate::MySql;
use crate::body::Body;

impl Advises for MySql {
    fn log(&self, name: &str, input: &mut dyn BufRead) -> Result<Option<Workload>, Failure> {
        crate::slowlog::read(name, input)
    }

    fn workload(&self, snapshot: &Snapshot) -> Option<Workload> {
        let body = snapshot.body::<Body>().ok()?;
        body.workload.clone().or_else(|| crate::workload::of(&body.statements, body.server.database.as_deref()))
    }

    fn plans_on_rows(&self) -> bool {
        true
    }

    fn with_reads_of(&self, snapshot: &Snapshot, replica: &Snapshot) -> Result<Snapshot, Failure> {
        replicas::with_reads_of(snapshot, replica)
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
            if options.on_target {
                return Err(on_target());
            }
            let copy = Copy::start(snapshot, address, &options.observe.programs, progress).await?;
            Ok(Box::new(whatif::Whatif::new(copy, snapshot.body()?, options.sample)) as Box<dyn WhatIf>)
        })
    }

    fn measurer<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        address: &'a Address,
        options: &'a CopyOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Measurer>, Failure>> {
        Box::pin(async move {
            let body: &Body = snapshot.body()?;
            let mut copy = Copy::start(snapshot, address, &options.programs, progress).await?;
            let all = || body.catalog.user_tables().map(named::name).collect::<BTreeSet<_>>();
            let wanted = options.tables.as_ref().map_or_else(all, |tables| tables.iter().cloned().collect());
            let wanted = named::with_parents(&body.catalog, wanted);
            copy.fill(body, &wanted, (options.bytes.unwrap_or(u64::MAX), "--copy-bytes"), progress).await?;
            Ok(Box::new(measure::Bench::new(copy, body).await?) as Box<dyn Measurer>)
        })
    }
}

/// A table of the catalog.
pub(crate) fn table<'c>(catalog: &'c Catalog, name: &ObjectName) -> Option<&'c Table> {
    usage::table(catalog, name)
}

fn no_rows() -> Failure {
    Failure::usage(
        "mysql.advise-needs-rows",
        "a snapshot of MySQL or MariaDB has no rows, and the server's optimizer looks into them when it plans: no index can \
         be tried with it",
    )
    .hint(
        "name a database with the rows (the live one, which is only read, a replica, or a restored backup) and take the \
         statements from the snapshot: dbwright advise URL --workload SNAPSHOT",
    )
    .hint("dbwright check SNAPSHOT estimates missing indexes from the counters that the snapshot holds (mysql/missing-index)")
}

fn on_target() -> Failure {
    Failure::usage(
        "mysql.advise-on-target",
        "MySQL and MariaDB have no hypothetical indexes: none can be tried on the target itself",
    )
    .hint("leave --on-target out: indexes are tried in a copy on a private server")
}
