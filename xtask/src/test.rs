//! `cargo xtask test`: every test, on real servers.

use clap::Args;

use crate::command::{cargo, openly};
use crate::{Done, servers};

/// What `cargo xtask test` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Leave the servers running, so that the next run starts at once.
    #[arg(long)]
    keep: bool,
    /// Passed on to `cargo test --workspace`, such as a test's name; with `-p CRATE` only that crate is tested.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Brings the servers up and runs the tests. A server that can't be had fails its tests, not the whole run.
pub(crate) fn run(options: &Options) -> Done {
    let leases = servers::borrow_unset(options.keep);
    let mut tests = cargo();
    tests.args(["test", "--no-fail-fast"]);
    if !options.arguments.iter().any(|a| a == "-p" || a.starts_with("--package")) {
        tests.arg("--workspace");
    }
    tests.args(&options.arguments);
    for outcome in leases.iter().map(|lease| &lease.outcome) {
        match &outcome.record {
            Ok(record) => drop(tests.env(&outcome.variable, &record.url)),
            Err(reason) => eprintln!("{}: {reason}\n(the tests that need it will fail)", outcome.name),
        }
    }
    let done = openly(&mut tests);
    let given_back = servers::give_back(leases);
    done.and(given_back)
}
