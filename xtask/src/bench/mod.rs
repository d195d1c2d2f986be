//! `cargo xtask bench`: what dbwright costs, on servers of its own so that nothing else is measured.
//!
//! A benchmark, not a test: its figures depend on the machine, which the result names.

mod big;
mod check;
mod load;
mod measure;
mod report;
mod sqlite;
mod watch;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::Done;
use crate::command::{cargo, openly, root};
use report::Figure;

/// What is measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// A PostgreSQL of 10,000 tables and 30,000 indexes, and a SQLite file of 1 GB.
    Check(Options),
    /// A PostgreSQL under pgbench load that is observed every 10 s for a minute.
    Load(Options),
}

/// What both take.
#[derive(Args)]
pub(crate) struct Options {
    /// The binary to measure; otherwise a release build is made.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Put the result into this page, such as docs/benchmarks.md, in the place of the last one.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Measures a binary.
type Measure = fn(&Path) -> Done<Vec<Figure>>;

/// Measures, prints a table and one line of JSON.
pub(crate) fn run(bench: &Bench) -> Done {
    let (name, options, measure): (_, _, Measure) = match bench {
        Bench::Check(options) => ("check", options, check::figures),
        Bench::Load(options) => ("load", options, load::figures),
    };
    let binary = match &options.binary {
        Some(file) => file.clone(),
        None => release()?,
    };
    let figures = measure(&binary)?;
    let section = report::markdown(name, &figures);
    println!("{section}\n{}", report::json(name, &figures));
    match &options.write {
        Some(page) => report::write(page, name, &section),
        None => Ok(()),
    }
}

fn release() -> Done<PathBuf> {
    openly(cargo().args(["build", "--quiet", "--release", "--package", "dbwright"]))?;
    Ok(root().join("target/release/dbwright"))
}
