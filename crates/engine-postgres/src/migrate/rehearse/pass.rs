//! One run through all migrations under load, and back.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_migrate::journal::State;
use dbwright_migrate::plan::Phase;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::rehearse::{Pass, RehearseOptions, Undo};
use dbwright_migrate::{Migration, OnlineDdl as _, run};
use dbwright_sql::model::{Catalog, Table};

use super::app::AppQueries;
use super::exact::Exact;
use super::load::{Load, templates};
use super::stage::Stage;
use super::trace::{Look, Tracer, Who};
use super::traced::Traced;
use crate::Postgres;

/// What each client waits between two statements: many sessions with little to do are what a server sees by day.
const PAUSE: Duration = Duration::from_millis(4);
/// The name under which the runner's sessions are known.
const RUNNER: &str = "dbwright";

/// Runs through, and back.
pub(super) async fn run_through(
    stage: &Stage,
    migrations: &[Migration],
    options: &RehearseOptions,
    notes: &mut Vec<String>,
    progress: &dyn Progress,
) -> Result<Pass, Failure> {
    let before = stage.schema(progress).await?.catalog;
    let load = begin_load(stage, &before, options).await?;
    tokio::time::sleep(options.warm_up).await;
    let begun = load.now();
    let app = match &options.app_queries {
        Some((file, text)) => Some(AppQueries::new(stage.connect().await?, file, text, notes).await?),
        None => None,
    };
    let look = Look { log: Some(stage.log()), ..Look::default() };
    let tracer = Tracer::start_with(&stage.url(), Who::Application(RUNNER.to_owned()), look).await?;
    let inner = Postgres.open(&Address::parse(&stage.url())?, &OpenOptions::default(), progress).await?;
    let exact = Exact::new(stage.connect().await?);
    let mut session = Traced { inner, tracer: &tracer, exact, load: &load, app, runs: Vec::new(), only: None };
    let from = load.now();
    let outcome = run::apply(&mut session, migrations, &run_options(options), progress).await;
    let to = load.now();
    progress.stage("going back", None);
    let undo = undo(&mut session, stage, &before, migrations, options, progress).await?;
    let waits =
        outcome.as_ref().is_ok_and(|outcome| outcome.migrations.iter().any(|m| m.state == State::AwaitsContract));
    let mut failure = outcome.err().map(|failure| told(&failure));
    if waits && undo.done {
        failure = contract(&mut session, migrations, options, progress).await.err().map(|failure| told(&failure));
    }
    let Traced { runs, app, .. } = session;
    Ok(Pass {
        data: stage.data.clone(),
        tables: stage.tables.clone(),
        steps: runs,
        failure,
        before: load.between(0.0, begun),
        during: load.between(from, to),
        undo,
        app_queries: app.as_ref().map(|app| (app.count(), app.states)),
        broken_queries: app.map(|app| app.broken).unwrap_or_default(),
    })
}

async fn begin_load(stage: &Stage, catalog: &Catalog, options: &RehearseOptions) -> Result<Load, Failure> {
    let loaded = |table: &&Table| {
        let name = format!("{}.{}", table.schema, table.name);
        stage.tables.iter().any(|one| one.loaded && one.table == name)
    };
    let tables: Vec<&Table> = catalog.tables.iter().filter(loaded).collect();
    let connection = stage.connect().await?;
    let templates = templates(&connection.client, &tables).await?;
    Load::start(&Address::parse(&stage.url())?, templates, options.clients, PAUSE)
}

fn run_options(options: &RehearseOptions) -> run::Options {
    run::Options {
        allow_blocking: options.allow_blocking,
        leave_irreversible: true,
        limits: options.limits.clone(),
        ..run::Options::default()
    }
}

/// Undoes all, the last first, and compares the schema with what it was.
async fn undo(
    session: &mut Traced<'_>,
    stage: &Stage,
    before: &Catalog,
    migrations: &[Migration],
    options: &RehearseOptions,
    progress: &dyn Progress,
) -> Result<Undo, Failure> {
    let begun = Instant::now();
    let in_effect = |state: State| state.in_effect() || state.unfinished();
    let mut failure = None;
    while session.inner.journal().await?.iter().any(|entry| in_effect(entry.state)) {
        if let Err(failed) = run::undo(session, migrations, &run_options(options), progress).await {
            failure = Some(told(&failed));
            break;
        }
    }
    let ms = begun.elapsed().as_secs_f64() * 1000.0;
    let mut after = stage.schema(progress).await?.catalog;
    let ours = |schema: &str| schema == "dbwright" || schema == super::exact::SCHEMA;
    after.tables.retain(|table| !ours(&table.schema));
    after.functions.retain(|one| !ours(&one.schema));
    after.sequences.retain(|one| !ours(&one.schema));
    after.types.retain(|one| !ours(&one.schema));
    let differs = dbwright_sql::diff::schema(before, &after);
    let differs = differs.iter().map(|one| {
        let side = |side: &Option<String>| side.clone().unwrap_or_default();
        match one.kind {
            "changed" => format!("{} changed: was {}, is {}", one.subject, side(&one.before), side(&one.after)),
            kind => format!("{} {kind}", one.subject),
        }
    });
    Ok(Undo { done: failure.is_none(), failure, ms, differs: differs.collect() })
}

/// Applies once more, and removes the old as well; only what the contract phase does is noted.
async fn contract(
    session: &mut Traced<'_>,
    migrations: &[Migration],
    options: &RehearseOptions,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    session.only = Some(Phase::Contract);
    let options = run::Options { contract: true, ..run_options(options) };
    run::apply(session, migrations, &options, progress).await.map(drop)
}

fn told(failure: &Failure) -> String {
    match &failure.excerpt {
        Some(excerpt) => format!("{}\n{excerpt}", failure.message),
        None => failure.message.clone(),
    }
}
