//! Removes the old where the new is in use.

use std::time::Instant;

use dbwright_core::Failure;
use dbwright_core::progress::Progress;

use super::steps::Runner;
use super::{Options, Outcome};
use crate::journal::{Part, State};
use crate::migration::Migration;
use crate::port::Session;

/// Finishes all migrations that await it, the oldest first, up to `options.to`. There is no way back from it.
///
/// # Errors
/// When a step fails; `contract` again goes on.
pub async fn contract(
    session: &mut dyn Session,
    _migrations: &[Migration],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    let mut runner = Runner::new(session, options, progress);
    let journal = runner.begin().await?;
    let mut outcome = Outcome::default();
    for mut entry in journal {
        let last = options.to.as_ref() == Some(&entry.version);
        if entry.state == State::AwaitsContract {
            let began = Instant::now();
            runner.steps = 0;
            runner.contract(&mut entry, Part::Up).await?;
            runner.state(&mut entry, State::Applied).await?;
            outcome.migrations.push(runner.done(&entry, began));
        }
        if last {
            break;
        }
    }
    if outcome.migrations.is_empty() {
        outcome.notes.push("nothing awaits its contract".to_owned());
    }
    Ok(outcome)
}
