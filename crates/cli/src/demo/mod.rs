//! The demo: the main job on the bundled sample shop.
//!
//! It builds the shop and then runs the very `check` command that it tells the user to run, so that what
//! it shows is what everybody gets.

mod sample;

use std::path::PathBuf;

use clap::{Parser as _, ValueEnum};
use dbwright_core::Failure;

use crate::args::{Advise, Check, Cli, Command, Format};
use crate::commands;
use crate::context::Context;
use crate::failure::Exit;

/// Check the bundled sample shop, with planted faults and measured proofs
///
/// Builds the sample shop, with planted faults and 200,000 orders, checks it, and measures each missing index in a
/// copy: with and without, interleaved.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  dbwright demo\n  dbwright demo --engine postgres --programs /usr/lib/postgresql/17/bin\n  dbwright demo --format html -o shop.html"
)]
pub(crate) struct Args {
    /// The engine that the shop runs on; postgres is a private server on this machine's own programs
    #[arg(long, value_name = "ENGINE", default_value = "sqlite")]
    engine: Engine,
    /// Orders of the shop; the other tables follow
    #[arg(long, value_name = "N", default_value_t = dbwright_sample_shop::DEMO_ORDERS, value_parser = clap::value_parser!(u64).range(100..=20_000_000))]
    orders: u64,
    /// Folder for the sample; it is kept there for you to try things on (a SQLite file; a private server ends with the demo)
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Make no experiments
    #[arg(long)]
    no_prove: bool,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write the report to a file, whole or not at all
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Folder with PostgreSQL's programs (initdb, postgres); repeatable, the first is tried first
    #[arg(long, visible_alias = "pg-bin", value_name = "DIR")]
    programs: Vec<PathBuf>,
}

/// Engines that the shop exists for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// A SQLite file
    Sqlite,
    /// A private PostgreSQL server
    Postgres,
}

/// Runs the demo with its defaults.
///
/// # Errors
/// As [`run`].
pub(crate) async fn run_default(cx: &Context) -> Result<Exit, Failure> {
    match Cli::try_parse_from(["dbwright", "demo"]).map(|cli| cli.command) {
        Ok(Some(Command::Demo(args))) => run(args, cx).await,
        _ => Err(Failure::internal("demo.defaults", "the demo's own command line is not understood")),
    }
}

/// A `check` without a target, pointed at the sample.
///
/// # Errors
/// When the sample can't be built.
pub(crate) fn sample_of(check: Check, cx: &Context) -> Result<Check, Failure> {
    let place = sample::Place::new(None, dbwright_sample_shop::DEMO_ORDERS)?;
    let target = format!("sqlite:{}", place.sqlite(&cx.progress)?.display());
    let mut check = Check { target: Some(target), ..check };
    check.observe.workload = Some(place.workload()?);
    Ok(check)
}

/// An `advise` without a target, on the sample: on a private PostgreSQL when this machine has its programs, else on SQLite.
///
/// # Errors
/// When the sample can't be built or advised on.
pub(crate) async fn advise(args: Advise, cx: &Context) -> Result<Exit, Failure> {
    let place = sample::Place::new(None, dbwright_sample_shop::DEMO_ORDERS)?;
    let mut args = args;
    if args.wish.workload.is_none() {
        args.wish.workload = Some(place.workload()?);
    }
    let named = std::env::var_os("DBWRIGHT_PG_BIN").is_some_and(|folders| !folders.is_empty());
    // The server lives as long as `shop`.
    let shop = match sample::postgres(dbwright_sample_shop::DEMO_ORDERS, 0, &args.reach.programs, &cx.progress).await {
        Ok(shop) => Some(shop),
        Err(failure) if failure.code == sample::NO_PROGRAMS && args.reach.programs.is_empty() && !named => {
            cx.progress.finish();
            anstream::eprintln!("{}; the sample shop runs on SQLite instead", failure.message);
            None
        }
        Err(failure) => return Err(failure),
    };
    args.target = Some(match &shop {
        Some(shop) => shop.url(sample::DATABASE),
        None => format!("sqlite:{}", place.sqlite(&cx.progress)?.display()),
    });
    args.called = Some("the sample shop".to_owned());
    let exit = commands::advise::run(&args, cx).await?;
    if args.format == Format::Text && args.output.is_none() {
        closing(&[
            ("Measured in a copy", "dbwright advise --prove measured".to_owned()),
            ("As a page", "dbwright advise --format html -o advice.html".to_owned()),
            ("On your own server", "dbwright advise postgres://USER@HOST/DATABASE --budget 2GB".to_owned()),
        ]);
    }
    Ok(exit)
}

/// Runs the demo.
///
/// # Errors
/// When the sample can't be built or checked.
pub(crate) async fn run(args: Args, cx: &Context) -> Result<Exit, Failure> {
    match args.engine {
        Engine::Sqlite => on_sqlite(&args, cx).await,
        Engine::Postgres if args.dir.is_some() => {
            let message = "--dir keeps a SQLite file, and the private PostgreSQL server is gone when the demo ends";
            Err(Failure::usage("demo.dir", message)
                .hint("leave --dir out, or --engine postgres")
                .hint("samples/shop/schema.postgres.sql of the sources makes the shop in a database of your own"))
        }
        Engine::Postgres => on_postgres(&args, cx).await,
    }
}

async fn on_sqlite(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let place = sample::Place::new(args.dir.as_deref(), args.orders)?;
    let shop = place.sqlite(&cx.progress)?;
    let workload = place.workload()?;
    let command = vec![
        "check".to_owned(),
        format!("sqlite:{}", shop.display()),
        "--workload".to_owned(),
        workload.display().to_string(),
    ];
    let exit = commands::check::run(&check_of(&command, args)?, cx).await?;
    closing_of(
        args,
        &[
            ("The same again", format!("dbwright {}", shell(&command))),
            ("On your own file", "dbwright check sqlite:FILE --workload QUERIES.sql".to_owned()),
            ("On your own server", "dbwright check postgres://USER@HOST/DATABASE".to_owned()),
            ("One rule's page", "dbwright rules sqlite/missing-index".to_owned()),
        ],
    );
    Ok(exit)
}

async fn on_postgres(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let shop = sample::postgres(args.orders, sample::WORKLOAD_RUNS, &args.programs, &cx.progress).await?;
    let mut command = vec!["check".to_owned(), shop.url(sample::DATABASE), "--prove".to_owned()];
    for folder in &args.programs {
        command.extend(["--programs".to_owned(), folder.display().to_string()]);
    }
    let exit = commands::check::run(&check_of(&command, args)?, cx).await?;
    closing_of(
        args,
        &[
            ("The same again", "dbwright demo --engine postgres".to_owned()),
            ("On your own server", "dbwright check postgres://USER@HOST/DATABASE".to_owned()),
            ("Take it along", "dbwright snapshot postgres://USER@HOST/DATABASE -o shop.snapshot.json.zst".to_owned()),
            ("One rule's page", "dbwright rules sql/unindexed-foreign-key".to_owned()),
        ],
    );
    Ok(exit)
}

/// The options of a `check` command line, with the demo's own output options.
fn check_of(command: &[String], args: &Args) -> Result<Check, Failure> {
    let words = std::iter::once("dbwright").chain(command.iter().map(String::as_str));
    match Cli::try_parse_from(words).map(|cli| cli.command) {
        Ok(Some(Command::Check(check))) => {
            Ok(Check { format: args.format, output: args.output.clone(), no_prove: args.no_prove, ..*check })
        }
        _ => Err(Failure::internal("demo.command", format!("`dbwright {}` is not understood", shell(command)))),
    }
}

/// What to try next, after a report for people.
fn closing_of(args: &Args, commands: &[(&str, String)]) {
    if args.format == Format::Text && args.output.is_none() {
        closing(commands);
    }
}

fn closing(commands: &[(&str, String)]) {
    let width = commands.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
    anstream::println!("\nThis was the bundled sample. What to try next:");
    for (what, command) in commands {
        anstream::println!("  {what:width$}  {command}");
    }
}

/// A command line that a shell reads as these words.
fn shell(words: &[String]) -> String {
    let plain = |word: &str| word.chars().all(|c| c.is_alphanumeric() || "-_./:=".contains(c));
    let quoted =
        words.iter().map(|word| if plain(word) { word.clone() } else { format!("'{}'", word.replace('\'', r"'\''")) });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_blanks_are_quoted_for_the_shell() {
        assert_eq!(
            shell(&["check".to_owned(), "sqlite:/tmp/it's here.db".to_owned()]),
            r"check 'sqlite:/tmp/it'\''s here.db'"
        );
    }
}
