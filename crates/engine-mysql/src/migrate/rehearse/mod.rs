//! What a change really does: watched on a private server, under load, before it is done for good.
//!
//! The stage ([`stage`]) is a lab like the target, with rows ([`rows`]); `dbwright-migrate` carries the migrations out on it
//! through a session that is watched ([`watch`]), while a load ([`load`]) reads and writes as an account of its own.

mod load;
mod port;
mod rows;
mod stage;
mod try_out;
mod watch;

use std::collections::BTreeSet;

use dbwright_core::engine::{Engine as _, ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::Migration;
use dbwright_migrate::rehearse::touched::touched;
use dbwright_migrate::rehearse::{self, Rehearsal, RehearseOptions, Size, Stage, Stages, Stops};
use dbwright_sql::model::{Catalog, ObjectId};

use crate::MySql;
use crate::body::Body;
pub(crate) use rows::copy as copy_rows;
use watch::Mode;

/// Rehearses what is pending on a target.
async fn rehearse(
    address: &Address,
    migrations: &[Migration],
    options: &RehearseOptions,
    progress: &dyn Progress,
) -> Result<Rehearsal, Failure> {
    let pending = rehearse::pending(&MySql, address, migrations, options).await?;
    let observe = ObserveOptions { values: Values::None, ..ObserveOptions::default() };
    let snapshot = MySql.observe(address, &observe, progress).await?;
    let body: &Body = snapshot.body()?;
    let home = body.server.database.clone().unwrap_or_default();
    let catalog = near(&body.catalog, &home);
    let target_rows = touched(&catalog, &pending).rows();
    let stages = MyStages { body, catalog, home, address, migrations: &pending, options, target_rows };
    rehearse::rehearse(&stages, &pending, options, progress).await
}

/// Stages that look like one target.
struct MyStages<'a> {
    body: &'a Body,
    /// The tables of its database, and those of others that foreign keys bind to them.
    catalog: Catalog,
    /// Its database.
    home: String,
    address: &'a Address,
    migrations: &'a [Migration],
    options: &'a RehearseOptions,
    target_rows: Option<u64>,
}

impl Stages for MyStages<'_> {
    fn make<'a>(
        &'a self,
        size: Size,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Stage + 'a>, Failure>> {
        Box::pin(async move { Ok(Box::new(stage::make(self, size, progress).await?) as Box<dyn Stage>) })
    }

    fn target_rows(&self) -> Option<u64> {
        self.target_rows
    }

    fn stops(&self, mode: &str) -> Stops {
        Mode::read(mode).map_or(Stops::Nobody, Mode::stops)
    }
}

/// The tables of a database, and those of others that foreign keys bind to them in either direction.
fn near(catalog: &Catalog, home: &str) -> Catalog {
    let mut ids: BTreeSet<ObjectId> =
        catalog.tables.iter().filter(|table| table.schema == home).map(|table| table.id).collect();
    loop {
        let before = ids.len();
        for table in &catalog.tables {
            let others: Vec<ObjectId> = table.foreign_keys().filter_map(|(_, to)| to.id).collect();
            if ids.contains(&table.id) {
                ids.extend(others);
            } else if others.iter().any(|id| ids.contains(id)) {
                ids.insert(table.id);
            }
        }
        if ids.len() == before {
            break;
        }
    }
    let mut near = catalog.clone();
    near.tables.retain(|table| ids.contains(&table.id));
    near
}
