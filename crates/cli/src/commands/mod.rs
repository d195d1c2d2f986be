//! One file for each command; this one only tells them apart.

mod about;
mod check;
mod observe;
mod rules;

use dbwright_core::Failure;

use crate::args::{Cli, Command};
use crate::context::Context;
use crate::demo;
use crate::failure::Exit;

/// Runs the command of the command line; without one, the demo.
///
/// # Errors
/// When the command fails.
pub(crate) async fn run(cli: Cli) -> Result<Exit, Failure> {
    let cx = Context::new(cli.global);
    let result = match cli.command.unwrap_or_else(|| Command::Demo(demo::Args::default())) {
        Command::Demo(args) => demo::run(args, &cx).await,
        Command::Check(args) if args.target.is_none() => demo::run(demo::Args::default(), &cx).await,
        Command::Check(args) => check::run(&args, &cx).await,
        Command::Snapshot(_) | Command::Diff(_) => Err(Failure::usage("command.missing", "not in this build")),
        Command::Rules(args) => rules::run(&args, &cx),
        Command::Engines(args) => about::engines(&args),
        Command::Schema(args) => about::schema(&args),
        Command::Completions(args) => about::completions(&args),
        Command::Man(args) => about::man(&args),
        Command::Reference => about::reference(),
    };
    cx.progress.finish();
    result
}
