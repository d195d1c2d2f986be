//! The binary `dbwright`: arguments in, rendered reports out, one exit code.
//!
//! Everything that talks to a user lives in this crate; everything that knows databases lives in the
//! engines. This file only sets the process up and maps its end to an exit code.

#![allow(
    clippy::format_push_string,
    reason = "renderers build a text once; `write!` would add an impossible error to every line"
)]

mod args;
mod commands;
mod config;
mod context;
mod demo;
mod engines;
mod failure;
mod interrupt;
mod output;
mod panics;
mod progress;
mod render;
mod stranger;
mod target;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // One TLS provider for the whole process, before anything can open a connection.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::of_arguments(&error),
    };
    cli.global.color.write_global();
    let verbose = cli.global.verbose;
    match panics::guard(|| run(cli)) {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(failure)) => failure::report(&failure, verbose),
        Err(fault) => failure::report(&fault, verbose),
    }
}

/// Runs the command on a fresh runtime, with Ctrl-C watched from a task of its own.
fn run(cli: args::Cli) -> Result<failure::Exit, dbwright_core::Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| {
        dbwright_core::Failure::internal("runtime.start", format!("the machine gives no threads or timers: {e}"))
    })?;
    let outcome = runtime.block_on(async {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        tokio::spawn(interrupt::watch(stop));
        tokio::select! {
            outcome = commands::run(cli) => outcome,
            Ok(failure) = stopped => Err(failure),
        }
    });
    // Work that a stopped command left behind must not keep the process alive.
    runtime.shutdown_background();
    engines::clean_up();
    match outcome {
        Ok(failure::Exit::Stopped) => outcome,
        Err(ref failure) if failure.kind == dbwright_core::FailureKind::Interrupted => outcome,
        _ if interrupt::requested() => Err(interrupt::failure()),
        outcome => outcome,
    }
}
