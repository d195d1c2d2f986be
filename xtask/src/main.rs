//! The project's own commands: servers for tests, the test run, the checks before a commit, docs, benchmarks.
//!
//! Written in Rust so that a newcomer needs nothing but cargo to run them.

mod bench;
mod command;
mod docs;
mod ready;
mod servers;
mod test;
mod tidy;

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
    /// Say whether a change is ready: format, clippy, tidy, docs, and cargo-deny when it is installed. Runs no tests;
    /// `cargo xtask test` does.
    Ready,
    /// Format every Rust file, the rules too, which `cargo fmt` does not see.
    Format,
    /// Write the reference pages in docs/reference.
    Docs(docs::Options),
    /// Check what the compiler does not: the map, the arrows, the rule folders, the length of files.
    Tidy,
    /// Measure what dbwright costs, on large and on busy databases.
    Bench(Box<bench::Options>),
    /// Bring the servers up, run every test, and stop the servers that were started for it.
    Test(test::Options),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Servers(verb) => servers::run(verb),
        Task::Ready => ready::run(),
        Task::Format => ready::format_in_place(),
        Task::Docs(options) => docs::run(&options),
        Task::Tidy => tidy::run(),
        Task::Bench(options) => bench::run(&options),
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
