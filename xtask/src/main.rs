//! The project's own commands: servers for tests, the test run, the checks before a commit, docs, benchmarks.
//!
//! Written in Rust so that a newcomer needs nothing but cargo to run them.

mod command;
mod servers;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What every step of a task returns: the reason is for a person to read.
type Done<T = ()> = Result<T, String>;

/// Commands for working on dbwright.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Real database servers for the tests: fetched once, started on loopback, stopped again.
    #[command(subcommand)]
    Servers(servers::Verb),
    /// Bring the servers up, run every test, and stop the servers that were started for it.
    Test(test::Options),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Servers(verb) => servers::run(verb),
        Task::Test(options) => test::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
