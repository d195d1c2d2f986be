//! One run through all migrations under load, and back.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_sql::diff::Differs;
use dbwright_sql::model::{Catalog, Table};

use super::RehearseOptions;
use super::app::AppQueries;
use super::load::Load;
use super::report::{Pass, Undo};
use super::stage::{Schema, Stage};
use super::traced::Traced;
use crate::journal::State;
use crate::plan::Phase;
use crate::{Migration, run};

/// What each client waits between two statements: many sessions with little to do are what a server sees by day.
const PAUSE: Duration = Duration::from_millis(4);

/// Runs through, and back.
pub(super) async fn run_through(
    stage: &dyn Stage,
    migrations: &[Migration],
    options: &RehearseOptions,
    notes: &mut Vec<String>,
    progress: &dyn Progress,
) -> Result<Pass, Failure> {
    let before = stage.schema(progress).await?;
    let load = begin_load(stage, &before.catalog, options).await?;
    tokio::time::sleep(options.warm_up).await;
    let begun = load.now();
    let app = match &options.app_queries {
        Some((file, text)) => Some(AppQueries::new(stage.try_out().await?, file, text, notes).await?),
        None => None,
    };
    let watch = stage.watch().await?;
    let inner = stage.open(progress).await?;
    let mut session = Traced { inner, watch, load: &load, app, runs: Vec::new(), only: None };
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
        data: stage.data().to_owned(),
        tables: stage.tables().to_vec(),
        steps: runs,
        failure,
        before: load.between(0.0, begun),
        during: load.between(from, to),
        undo,
        app_queries: app.as_ref().map(|app| (app.count(), app.states)),
        broken_queries: app.map(|app| app.broken).unwrap_or_default(),
    })
}

async fn begin_load(stage: &dyn Stage, catalog: &Catalog, options: &RehearseOptions) -> Result<Load, Failure> {
    let loaded = |table: &&Table| {
        let name = format!("{}.{}", table.schema, table.name);
        stage.tables().iter().any(|one| one.loaded && one.table == name)
    };
    let tables: Vec<&Table> = catalog.tables.iter().filter(loaded).collect();
    let templates = stage.load(&tables).await?;
    Load::start(stage.clients()?, templates, options.clients, PAUSE)
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
    stage: &dyn Stage,
    before: &Schema,
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
    let differs = differs(before, &stage.schema(progress).await?);
    Ok(Undo { done: failure.is_none(), failure, ms, differs })
}

/// What differs, by the catalogs; where they see nothing, by the texts.
fn differs(before: &Schema, after: &Schema) -> Vec<String> {
    let found = dbwright_sql::diff::schema(&before.catalog, &after.catalog);
    let side = |side: &Option<String>| side.clone().unwrap_or_default();
    let told = |one: &Differs| match one.kind {
        "changed" => format!("{} changed: was {}, is {}", one.subject, side(&one.before), side(&one.after)),
        kind => format!("{} {kind}", one.subject),
    };
    if !found.is_empty() {
        return found.iter().map(told).collect();
    }
    let other = |(name, text): (&String, &String)| {
        let now = after.texts.get(name);
        (now != Some(text)).then(|| format!("{name} changed: was {text}, is {}", side(&now.cloned())))
    };
    before.texts.iter().filter_map(other).collect()
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
