//! Goes on where a run stopped.

use dbwright_core::Failure;
use dbwright_core::progress::Progress;

use super::steps::{Runner, begun, resumable, settings, statement};
use super::{Options, Outcome};
use crate::journal::{Entry, Mark, Part, Progressed, State, Write};
use crate::migration::{Migration, written};
use crate::plan::Phase;
use crate::port::Session;
use crate::script::Statement;

/// Finishes what is unfinished: a migration that stopped half-way, an undo, a contract. Begins nothing new.
///
/// The statements behind the ones that were begun are taken from the file, so that one that failed can be mended there.
///
/// # Errors
/// When the file was changed where it has been carried out already, or a step fails again.
pub async fn resume(
    session: &mut dyn Session,
    migrations: &[Migration],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    let mut runner = Runner::new(session, options, progress);
    let journal = runner.begin().await?;
    let mut outcome = Outcome::default();
    for mut entry in journal {
        match entry.state {
            State::Running => {
                let migration = migrations.iter().find(|m| m.version == entry.version);
                let file = migration.map_or_else(|| entry.title(), |m| m.file.clone());
                if let Some(migration) = migration {
                    runner.mended(&mut entry, migration, &mut outcome).await?;
                }
                runner.foresee(&entry, &file).await?;
                outcome.migrations.push(runner.finish(&mut entry, &file).await?);
            }
            State::Undoing => outcome.migrations.push(runner.undo_one(&mut entry, None).await?),
            State::AwaitsContract if contract_begun(&entry) => {
                let began = std::time::Instant::now();
                runner.steps = 0;
                runner.contract(&mut entry, Part::Up).await?;
                runner.state(&mut entry, State::Applied).await?;
                outcome.migrations.push(runner.done(&entry, began));
            }
            _ => {}
        }
    }
    if outcome.migrations.is_empty() {
        outcome.notes.push("nothing is unfinished".to_owned());
    }
    Ok(outcome)
}

fn contract_begun(entry: &Entry) -> bool {
    entry.steps.iter().any(|mark| mark.plan.phase == Phase::Contract && mark.state != Progressed::Planned)
}

impl Runner<'_> {
    /// Has the statements that are left refused before any of them is run, as `apply` does. Behind one that is half done
    /// nobody knows yet what they will find.
    async fn foresee(&mut self, entry: &Entry, file: &str) -> Result<(), Failure> {
        let of_up = |mark: &&Mark| mark.place.part == Part::Up && mark.plan.phase != Phase::Contract;
        if entry.steps.iter().filter(of_up).any(|mark| mark.state != Progressed::Done) {
            return Ok(());
        }
        let turns = entry.planned.iter().filter(|turn| turn.part == Part::Up).map(|turn| turn.statement + 1);
        let from = turns.max().unwrap_or(0);
        let left: Vec<Statement> = entry.up.iter().skip(from).map(|written| statement(written, file)).collect();
        if left.is_empty() {
            return Ok(());
        }
        self.session.prepare(&settings(entry, Part::Up, usize::MAX)).await?;
        self.session.plan(&left).await.map(|_| ()).map_err(|failure| resumable(failure, entry))
    }

    /// Takes over what was changed in the file behind the statements that were begun.
    async fn mended(&mut self, entry: &mut Entry, migration: &Migration, outcome: &mut Outcome) -> Result<(), Failure> {
        if entry.checksum == migration.checksum {
            return Ok(());
        }
        let up = written(&migration.up);
        let fixed = entry.steps.iter().filter(|mark| begun(mark)).map(|mark| mark.place.statement + 1).max();
        let fixed = fixed.unwrap_or(0);
        let same = |at: usize| up.get(at).map(|w| &w.sql) == entry.up.get(at).map(|w| &w.sql);
        if let Some(at) = (0..fixed).find(|at| !same(*at)) {
            let line = entry.up.get(at).map_or(0, |w| w.line);
            let message = format!("{} was changed at line {line}, which has been carried out already", migration.file);
            return Err(Failure::usage("migrate.changed", message)
                .hint("put the file back as it was and resume, or undo first: `dbwright migrate undo TARGET`"));
        }
        let down = migration.down.as_ref().map(written);
        let (version, checksum) = (entry.version.clone(), migration.checksum.clone());
        let write = Write::Mended { version, checksum, up: up.clone(), down: down.clone() };
        self.session.write(&[write]).await?;
        entry.planned.retain(|turn| turn.part == Part::Down || turn.statement < fixed);
        entry.steps.retain(|mark| mark.place.part == Part::Down || mark.place.statement < fixed);
        (entry.checksum, entry.up, entry.down) = (migration.checksum.clone(), up, down);
        outcome.notes.push(format!(
            "{} was changed since it was begun; what was not yet done is done as it says now",
            migration.file
        ));
        Ok(())
    }
}
