//! One file for each command; this one only tells them apart.

mod about;
pub(crate) mod advise;
pub(crate) mod check;
mod diff;
mod lab;
mod migrate;
mod observe;
mod render;
mod rules;
mod snapshot;

pub(crate) use observe::text_of;

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
    let Some(command) = cli.command else { return demo::run_default(&cx).await };
    let result = match command {
        Command::Demo(args) => demo::run(args, &cx).await,
        Command::Check(args) if args.target.is_none() => match demo::sample_of(*args, &cx) {
            Ok(args) => check::run(&args, &cx).await,
            Err(failure) => Err(failure),
        },
        Command::Check(args) => check::run(&args, &cx).await,
        Command::Advise(args) if args.target.is_none() => demo::advise(*args, &cx).await,
        Command::Advise(args) => advise::run(&args, &cx).await,
        Command::Migrate(args) => migrate::run(&args, &cx).await,
        Command::Snapshot(args) => snapshot::run(&args, &cx).await,
        Command::Diff(args) => diff::run(&args, &cx).await,
        Command::Lab(args) => lab::run(&args, &cx).await,
        Command::Render(args) => render::run(&args, &cx),
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
