//! What a change really does: traced on a real server, under load, before it is done for good.
//!
//! The stage ([`stage`]) is a private server with the target's schema and rows; `dbwright-migrate` carries the migrations
//! out on it through a session that is watched ([`watch`]), while a load reads and writes.

mod exact;
pub mod load;
mod port;
pub mod prove;
mod stage;
pub mod trace;
mod try_out;
mod watch;

use dbwright_core::engine::{Engine as _, ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Snapshot};
use dbwright_migrate::Migration;
use dbwright_migrate::rehearse::touched::touched;
use dbwright_migrate::rehearse::{self, Rehearsal, RehearseOptions, Size, Stage, Stages, Stops};

use crate::Postgres;
use crate::body::PgBody;
use crate::migrate::LockMode;

/// Rehearses what is pending on a target.
async fn rehearse(
    address: &Address,
    migrations: &[Migration],
    options: &RehearseOptions,
    progress: &dyn Progress,
) -> Result<Rehearsal, Failure> {
    let pending = rehearse::pending(&Postgres, address, migrations, options).await?;
    let observe =
        ObserveOptions { values: Values::All, programs: options.programs.clone(), ..ObserveOptions::default() };
    let snapshot = Postgres.observe(address, &observe, progress).await?;
    let target_rows = touched(&snapshot.body::<PgBody>()?.catalog, &pending).rows();
    let stages = PgStages { snapshot, address, migrations: &pending, options, target_rows };
    rehearse::rehearse(&stages, &pending, options, progress).await
}

/// Stages that look like one target.
struct PgStages<'a> {
    snapshot: Snapshot,
    address: &'a Address,
    migrations: &'a [Migration],
    options: &'a RehearseOptions,
    target_rows: Option<u64>,
}

impl Stages for PgStages<'_> {
    fn make<'a>(
        &'a self,
        size: Size,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Stage + 'a>, Failure>> {
        Box::pin(async move {
            let (address, options) = (self.address, self.options);
            let stage = stage::make(&self.snapshot, address, self.migrations, size, options, progress).await?;
            Ok(Box::new(stage) as Box<dyn Stage>)
        })
    }

    fn target_rows(&self) -> Option<u64> {
        self.target_rows
    }

    fn stops(&self, mode: &str) -> Stops {
        match LockMode::read(mode) {
            Some(mode) if mode.stops_readers() => Stops::Everybody,
            Some(mode) if mode.stops_writers() => Stops::Writers,
            _ => Stops::Nobody,
        }
    }
}
