//! `migrate`: one file for each kind of verb; this one only tells them apart.

mod carry;
mod confirm;
pub(super) mod folder;
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
/// When the command fails; what to do next names the target that was given.
pub(crate) async fn run(args: &Migrate, cx: &Context) -> Result<Exit, Failure> {
    let named = target(&args.command).map(dbwright_core::target::redact_text);
    dispatch(args, cx).await.map_err(|mut failure| {
        if let Some(target) = named {
            failure.hints = failure.hints.iter().map(|hint| hint.replace(" TARGET", &format!(" {target}"))).collect();
        }
        failure
    })
}

/// The target of a command that has one.
fn target(command: &MigrateCommand) -> Option<&str> {
    match command {
        MigrateCommand::Plan(args) => Some(&args.target),
        MigrateCommand::Rehearse(args) => Some(&args.target),
        MigrateCommand::Apply(args) => Some(&args.target),
        MigrateCommand::Status(args) => Some(&args.target),
        MigrateCommand::Resume(args) => Some(&args.target),
        MigrateCommand::Undo(args) => Some(&args.target),
        MigrateCommand::Contract(args) => Some(&args.target),
        MigrateCommand::Baseline(args) => Some(&args.target),
        MigrateCommand::Verify(args) => Some(&args.target),
        MigrateCommand::New(_) | MigrateCommand::Lint(_) | MigrateCommand::ProveRules(_) => None,
    }
}

async fn dispatch(args: &Migrate, cx: &Context) -> Result<Exit, Failure> {
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
