//! Observing: one connection, one read-only transaction, a fixed number of queries.
//!
//! Each part is read on its own, so that a missing right or a lock costs that part only: it becomes a gap
//! of the header, with what would close it. Nothing is written, and nothing locked beyond what a plain
//! `SELECT` locks.

mod activity;
mod assemble;
mod blueprint;
mod cells;
mod colstats;
mod columns;
mod constraints;
mod definitions;
mod extended;
mod highest;
mod indexes;
mod migrations;
mod objects;
mod objects_sql;
mod probe;
mod replication;
mod rights;
mod sequences;
mod server;
mod session;
mod settings;
mod statements;
mod tables;
mod uses;

use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::snapshot::Header;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use dbwright_sql::{Catalog, Dialect};

use crate::body::{PgBody, Server};
use crate::connect;
use assemble::Parts;
use session::Session;

/// Stages that progress is reported in.
const STAGES: u64 = 4;

/// Takes a snapshot of the database at `address`.
///
/// # Errors
/// When the server can't be reached or refuses, or the connection breaks.
pub async fn observe(
    address: &Address,
    options: &ObserveOptions,
    progress: &dyn Progress,
) -> Result<Snapshot, Failure> {
    let (header, body) = take(address, options, progress).await?;
    Ok(Snapshot::new(header, body))
}

/// The failure of a server that takes connections and then does not answer.
fn silent(name: &str, options: &ObserveOptions) -> Failure {
    let limit = options.statement_timeout.as_secs_f64();
    Failure::unreachable("postgres.timeout", format!("{name} did not tell its settings within {limit} s"))
        .hint("somebody may hold a lock on a system catalog: look at pg_locks; wait longer with --statement-timeout")
}

/// The same, in parts.
pub(crate) async fn take(
    address: &Address,
    options: &ObserveOptions,
    progress: &dyn Progress,
) -> Result<(Header, PgBody), Failure> {
    progress.stage("observing", Some(STAGES));
    let connection = connect::open(address, options.connect_timeout).await?;
    let warnings = connection.warnings.clone();
    let mut session = Session::new(connection);
    for warning in warnings {
        session.gap("password-file", warning, Some("chmod 0600 the file".to_owned()));
    }
    // It comes before the server's own limits are set, so it has one here.
    let settings = tokio::time::timeout(options.statement_timeout, settings::read(&mut session)).await;
    let settings = settings.map_err(|_| silent(session.name(), options))??;
    session.begin(options).await?;
    let (server, version) = server::read(&mut session).await?;
    settings::note_hidden(&mut session, &settings, &server);
    let body = PgBody { settings, ..body(&mut session, server, options, progress).await? };
    let header = Header {
        engine: "postgres".to_owned(),
        version,
        name: session.name().to_owned(),
        observed_at: body.server.now,
        dbwright: env!("CARGO_PKG_VERSION").to_owned(),
        without_values: options.values == Values::None,
        gaps: Vec::new(),
        cost: dbwright_core::snapshot::Cost::default(),
    };
    let (cost, gaps) = session.end().await;
    progress.step(STAGES);
    Ok((Header { gaps, cost, ..header }, body))
}

/// Reads every part. Activity comes first: it is gone the soonest.
async fn body(
    session: &mut Session,
    server: Server,
    options: &ObserveOptions,
    progress: &dyn Progress,
) -> Result<PgBody, Failure> {
    let sessions = activity::sessions(session, &server).await?;
    let waits = activity::waits(session).await?;
    let prepared = activity::prepared(session).await?;
    progress.step(1);
    let (parts, not_nulls) = parts(session, &server).await?;
    let mut definitions = definitions::read(session).await?;
    let extended = colstats::extended(session, &server, &mut definitions).await?;
    let (mut tables, mut stats, indexes) = assemble::assemble(parts, &mut definitions);
    drop(definitions);
    progress.step(2);
    let mut columns = colstats::read(session, &server, options.values).await?;
    let blueprint = if options.values == Values::All {
        extended::ranges(session, &server, &mut columns).await?;
        Some(Box::new(blueprint::read(session, &server, &tables, &indexes).await?))
    } else {
        None
    };
    let sequences = sequences::read(session, &server).await?;
    highest::fill(&mut tables, &sequences, &columns);
    highest::widths(&mut stats, &columns);
    progress.step(3);
    let (workload, statement_totals) = statements::read(session, &server, options.values).await?.unzip();
    let catalog = Catalog {
        dialect: Dialect::Postgres,
        tables,
        sequences,
        functions: objects::functions(session, server.major()).await?,
        types: objects::types(session).await?,
        extensions: objects::extensions(session).await?,
    };
    Ok(PgBody {
        catalog,
        schemas: objects::schemas(session).await?,
        tables: stats,
        indexes,
        columns,
        extended,
        settings: Vec::new(),
        scoped_settings: settings::scoped(session).await?,
        databases: settings::databases(session).await?,
        available_extensions: objects::available(session).await?,
        workload: options.workload.clone().or(workload),
        statement_totals,
        sessions,
        waits,
        prepared,
        replication: replication::read(session, &server).await?,
        migrations: migrations::read(session).await?,
        column_uses: uses::read(session).await?,
        not_nulls,
        blueprint,
        server,
    })
}

async fn parts(session: &mut Session, server: &Server) -> Result<(Parts, Option<constraints::NotNulls>), Failure> {
    let (tables, stats) = tables::read(session, server).await?;
    let columns = columns::read(session).await?;
    let (constraints, not_nulls) = constraints::read(session, server.major()).await?;
    let (indexes, names) = indexes::read(session, server.major()).await?;
    let triggers = objects::triggers(session).await?;
    let sizes = definitions::sizes(session).await?;
    Ok((Parts { tables, stats, columns, constraints, indexes, names, triggers, sizes }, not_nulls))
}
