//! Observing: one connection, one read-only transaction, a fixed number of queries.
//!
//! Each part is read on its own, so that a missing right costs that part only: it becomes a gap of the header, with what
//! would close it. When the server goes away on the way, the rest becomes gaps as well.

mod accounts;
mod activity;
mod catalog;
mod cells;
mod columns;
mod constraints;
mod indexes;
mod innodb;
mod migrations;
mod monitor;
mod objects;
mod partitions;
pub(crate) mod replication;
mod rights;
mod server;
mod session;
mod sizes;
mod statements;
mod tables;
mod usage;
mod variables;
mod waits;

use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::snapshot::{Cost, Header};
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};

use crate::body::{Body, TimeZones};
use crate::{connect, workload};
use session::Session;

/// Stages that progress is reported in.
const STAGES: u64 = 3;

/// Takes a snapshot of the server at `address`.
///
/// # Errors
/// When the server can't be reached, refuses, or is gone before it told what it is.
pub(crate) async fn observe(
    address: &Address,
    options: &ObserveOptions,
    progress: &dyn Progress,
) -> Result<Snapshot, Failure> {
    progress.stage("observing", Some(STAGES));
    let connection = connect::open(address, options.connect_timeout).await?;
    let mut session = Session::begin(connection, options).await?;
    let body = body(&mut session, options, progress).await?;
    let header = Header {
        engine: "mysql".to_owned(),
        version: body.server.text.clone(),
        name: session.name().to_owned(),
        observed_at: body.server.now,
        dbwright: env!("CARGO_PKG_VERSION").to_owned(),
        without_values: options.values == Values::None,
        gaps: Vec::new(),
        cost: Cost::default(),
    };
    let (cost, gaps) = session.end().await;
    progress.step(STAGES);
    Ok(Snapshot::new(Header { gaps, cost, ..header }, body))
}

/// Reads every part. Activity comes first: it is gone the soonest.
async fn body(session: &mut Session, options: &ObserveOptions, progress: &dyn Progress) -> Result<Body, Failure> {
    let server = server::read(session).await?;
    let activity = activity::read(session, &server).await;
    let variables = variables::read(session, &server).await;
    let status = variables::status(session).await;
    let latency = variables::latency(session, &server).await;
    let replication = replication::read(session, &server).await;
    let accounts = accounts::read(session, &server).await;
    let open_schemas = accounts::open_schemas(session).await;
    let statements = statements::read(session, &server, options.values).await;
    let workload = options.workload.clone().or_else(|| workload::of(&statements, server.database.as_deref()));
    progress.step(1);
    let mut parts = catalog::read(session, &server).await;
    sizes::fill(session, &server, &mut parts).await;
    partitions::fill(session, &mut parts).await;
    usage::fill(session, &server, &variables, &mut parts).await;
    parts.count_writes(&server);
    let innodb = innodb::read(session, &server, &status, &parts.catalog).await;
    let waits = waits::waits(session, &server).await;
    let memory = waits::memory(session, &server).await;
    let events = objects::events(session, &mut parts).await;
    let loaded = objects::zones_loaded(session).await;
    rights::look(session, &server, &parts).await;
    let migrations = migrations::read(session, &server, &parts).await;
    progress.step(2);
    Ok(Body {
        schemas: parts.schemas,
        catalog: parts.catalog,
        tables: parts.tables,
        indexes: parts.indexes,
        events,
        routines: parts.routines,
        zones: TimeZones { loaded, users: parts.zone_users },
        variables,
        status,
        latency,
        activity,
        innodb,
        waits,
        memory,
        statements,
        replication,
        accounts,
        open_schemas,
        workload,
        migrations,
        server,
    })
}
