//! `cargo xtask bench`: what dbwright costs, on servers of its own so that nothing else is measured.
//!
//! A benchmark, not a test: its figures depend on the machine, which the result names.

mod advise;
mod big;
mod check;
mod crash;
mod load;
mod measure;
mod migrate;
mod report;
mod sizes;
mod solver;
mod sqlite;
mod truth;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::Done;
use crate::command::{cargo, openly, root};

/// What is measured.
#[derive(Debug, Clone, Copy)]
enum Subject {
    /// A PostgreSQL of 10,000 tables and 30,000 indexes.
    CheckPostgres,
    /// A SQLite file of 1 GB.
    CheckSqlite,
    /// A MySQL of 10,000 tables.
    CheckMysql,
    /// A Redis of 5,000,000 keys.
    CheckRedis,
    /// A PostgreSQL under pgbench load that is observed every 10 s for a minute.
    Load,
    /// The advisor on TPC-H, TPC-DS and a growing number of statements.
    Advise,
    /// TPC-H with the advised indexes really built.
    Truth,
    /// Schema changes of large tables under load.
    Migrate,
}

/// What `cargo xtask bench` takes.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    of: Option<Of>,
    /// What to measure; `check` stands for all of its kind, or for that of `--engine`.
    #[arg(value_name = "SUBJECT", value_parser = subjects, required = true)]
    subjects: Option<Subjects>,
    /// The engine that `check` is measured on.
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,
    /// The binary to measure; otherwise a release build is made.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Put the results into this page, such as docs/benchmarks.md, in the place of the last ones.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// What `advise` takes; `truth` takes its `--url`.
    #[command(flatten)]
    advise: advise::Options,
    /// What `migrate` takes.
    #[command(flatten)]
    migrate: migrate::MigrateOptions,
}

/// Benchmarks that need no binary.
#[derive(Subcommand)]
enum Of {
    /// The choice of indexes alone, on a cost matrix whose optimum may be known; prints one line of JSON.
    Solver(solver::Options),
    /// Sizes of indexes as the advisor estimates them, beside what they take when built.
    Sizes(sizes::Options),
    /// What each form of statement locks, rewrites and reads on every version; docs/reference/locks.md shows it.
    Locks(migrate::LocksOptions),
    /// Online changes interrupted at random moments, with a writer at work; what was lost, doubled or left behind.
    Crash(crash::Options),
}

/// What one word on the command line stands for.
#[derive(Debug, Clone, Copy)]
struct Subjects(&'static [Subject]);

fn subjects(word: &str) -> Result<Subjects, String> {
    match word {
        "check" => {
            Ok(Subjects(&[Subject::CheckPostgres, Subject::CheckSqlite, Subject::CheckMysql, Subject::CheckRedis]))
        }
        "check-mysql" => Ok(Subjects(&[Subject::CheckMysql])),
        "check-redis" => Ok(Subjects(&[Subject::CheckRedis])),
        "check-postgres" => Ok(Subjects(&[Subject::CheckPostgres])),
        "check-sqlite" => Ok(Subjects(&[Subject::CheckSqlite])),
        "load" => Ok(Subjects(&[Subject::Load])),
        "advise" => Ok(Subjects(&[Subject::Advise])),
        "truth" => Ok(Subjects(&[Subject::Truth])),
        "migrate" => Ok(Subjects(&[Subject::Migrate])),
        _ => {
            Err("there are advise, check, check-mysql, check-postgres, check-redis, check-sqlite, load, migrate, truth"
                .to_owned())
        }
    }
}

/// Measures, and for each subject prints a table and one line of JSON.
pub(crate) fn run(options: &Options) -> Done {
    match &options.of {
        Some(Of::Solver(options)) => return solver::run(options),
        Some(Of::Sizes(options)) => return sizes::run(options),
        Some(Of::Locks(options)) => return migrate::locks(options),
        Some(Of::Crash(of)) => return crash::run(of),
        None => {}
    }
    let binary = match &options.binary {
        Some(file) => file.clone(),
        None => release()?,
    };
    let of_engine = options.engine.as_ref().map(|engine| subjects(&format!("check-{engine}"))).transpose()?;
    for subject in of_engine.or(options.subjects).iter().flat_map(|subjects| subjects.0) {
        let mut table = String::new();
        let (name, figures) = match subject {
            Subject::CheckPostgres => ("check-postgres", check::postgres(&binary)?),
            Subject::CheckMysql => ("check-mysql", check::mysql(&binary)?),
            Subject::CheckRedis => ("check-redis", check::redis(&binary)?),
            Subject::CheckSqlite => ("check-sqlite", check::sqlite(&binary)?),
            Subject::Load => ("load", load::figures(&binary)?),
            Subject::Truth => {
                let (figures, queries) = truth::figures(options.advise.url(), &binary)?;
                table = queries;
                ("truth", figures)
            }
            Subject::Migrate => {
                let (figures, kinds) = migrate::figures(&options.migrate, &binary)?;
                table = kinds;
                ("migrate", figures)
            }
            Subject::Advise => {
                advise::run(&options.advise, &binary, options.write.as_ref())?;
                continue;
            }
        };
        let section = report::markdown(name, &figures) + &table;
        println!("{section}\n{}", report::json(name, &figures));
        if let Some(page) = &options.write {
            report::write(page, name, &section)?;
        }
    }
    Ok(())
}

fn release() -> Done<PathBuf> {
    openly(cargo().args(["build", "--quiet", "--release", "--package", "dbwright"]))?;
    Ok(root().join("target/release/dbwright"))
}
