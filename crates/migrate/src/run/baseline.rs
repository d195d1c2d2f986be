//! Records migrations as applied without running them: for a target that has them by other means.

use dbwright_core::Failure;
use dbwright_core::progress::Progress;

use super::apply::entry;
use super::preview::conflicts;
use super::steps::Runner;
use super::{Done, Options, Outcome};
use crate::journal::{Entry, State, Write};
use crate::migration::Migration;
use crate::port::Session;

/// Records all files up to `options.to` (all, when there is none) as applied. A file that is in effect and has changed since
/// is recorded as it is now.
///
/// # Errors
/// When a version is not known, or a migration is unfinished.
pub async fn baseline(
    session: &mut dyn Session,
    migrations: &[Migration],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    conflicts(migrations)?;
    let mut runner = Runner::new(session, options, progress);
    let journal = runner.begin().await?;
    let upto = match &options.to {
        None => migrations.len(),
        Some(to) => migrations
            .iter()
            .position(|m| m.version == *to)
            .map(|at| at + 1)
            .ok_or_else(|| Failure::usage("migrate.no-version", format!("no file has the version {to}")))?,
    };
    let mut outcome = Outcome::default();
    for migration in &migrations[..upto] {
        let known = journal.iter().find(|entry| entry.version == migration.version);
        if let Some(write) = record(known, migration)? {
            runner.session.write(&[write]).await?;
            let (version, name) = (migration.version.clone(), migration.name.clone());
            let state = known.filter(|e| e.state.in_effect()).map_or(State::Baseline, |e| e.state);
            outcome.migrations.push(Done { version, name, state, steps: 0, took_ms: 0 });
        }
    }
    Ok(outcome)
}

fn record(known: Option<&Entry>, migration: &Migration) -> Result<Option<Write>, Failure> {
    match known {
        Some(entry) if entry.state.unfinished() => {
            let message = format!("{} is not finished", entry.title());
            Err(Failure::usage("migrate.unfinished", message)
                .hint("`dbwright migrate resume TARGET` goes on, `dbwright migrate undo TARGET` goes back"))
        }
        Some(entry) if entry.state.in_effect() && entry.checksum == migration.checksum => Ok(None),
        Some(known) if known.state.in_effect() => Ok(Some(Write::Mended {
            version: known.version.clone(),
            checksum: migration.checksum.clone(),
            up: entry(migration).up,
            down: entry(migration).down,
        })),
        _ => Ok(Some(Write::Begin(Box::new(Entry { state: State::Baseline, ..entry(migration) })))),
    }
}
