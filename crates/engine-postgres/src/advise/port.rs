//! What PostgreSQL gives to the advisor: the port's functions, each a door to a room of its own.

use std::io::BufRead;

use dbwright_advise::port::{Advises, CopyOptions, Measurer, WhatIf, WhatIfOptions};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::workload::Workload;
use dbwright_core::{BoxFuture, Failure, Snapshot};

use super::{logs, measure, recorded, replicas, whatif};
use crate::engine::Postgres;

impl Advises for Postgres {
    fn log(&self, name: &str, input: &mut dyn BufRead) -> Result<Option<Workload>, Failure> {
        logs::read(name, input)
    }

    fn workload(&self, snapshot: &Snapshot) -> Option<Workload> {
        recorded::workload(snapshot)
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
        Box::pin(whatif::open(snapshot, address, options, progress))
    }

    fn measurer<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        address: &'a Address,
        options: &'a CopyOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Measurer>, Failure>> {
        Box::pin(measure::open(snapshot, address, options, progress))
    }
}
