//! `migrate`: one file for each kind of verb; this one only tells them apart.

mod carry;
mod confirm;
mod folder;
mod lint;
mod look;
mod new;
mod plan;
mod rehearse;
mod session;

use dbwright_core::Failure;

use crate::args::migrate::{Migrate, MigrateCommand};
use crate::context::Context;
use crate::failure::Exit;

/// Runs the command of the command line.
///
/// # Errors
/// When the command fails.
pub(crate) async fn run(args: &Migrate, cx: &Context) -> Result<Exit, Failure> {
    match &args.command {
        MigrateCommand::New(args) => new::run(args),
        MigrateCommand::Lint(args) => lint::run(args, cx).await,
        MigrateCommand::Plan(args) => plan::run(args, cx).await,
        MigrateCommand::Rehearse(args) => rehearse::run(args, cx).await,
        MigrateCommand::ProveRules(args) => rehearse::prove_rules(args, cx).await,
        MigrateCommand::Apply(args) => carry::apply(args, cx).await,
        MigrateCommand::Resume(args) => carry::resume(args, cx).await,
        MigrateCommand::Undo(args) => carry::undo(args, cx).await,
        MigrateCommand::Contract(args) => carry::contract(args, cx).await,
        MigrateCommand::Baseline(args) => carry::baseline(args, cx).await,
        MigrateCommand::Status(args) => look::status(args, cx).await,
        MigrateCommand::Verify(args) => look::verify(args, cx).await,
    }
}
