//! `bench migrate`: how much a load notices of a large change, how fast rows are moved, and what each kind of change takes.

mod blocking;
mod kinds;
mod locks;
mod speed;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;
use dbwright_testkit::{Scratch, postgres_bin};

use super::report::Figure;
use crate::{Done, servers};

pub(super) use locks::{Options as LocksOptions, run as locks};

/// The version that is measured on.
const MAJOR: u32 = 17;

/// What `bench migrate` takes.
#[derive(Args)]
pub(super) struct MigrateOptions {
    /// Rows of the table whose key is changed.
    #[arg(long = "rows", value_name = "N", default_value_t = 5_000_000)]
    rows: u64,
    /// Rows of the tables that the kinds of change and the backfill are tried on.
    #[arg(long = "small-rows", value_name = "N", default_value_t = 1_000_000)]
    small_rows: u64,
    /// Only these parts: blocking, speed, kinds.
    #[arg(long = "part", value_name = "PART")]
    parts: Vec<String>,
}

impl MigrateOptions {
    fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|one| one == part)
    }
}

/// The figures, and a table of the kinds of change.
pub(super) fn figures(options: &MigrateOptions, binary: &Path) -> Done<(Vec<Figure>, String)> {
    let server = servers::private("bench-migrate", MAJOR)?;
    let bench = Bench { url: &server.url, binary };
    let (mut figures, mut table) = (Vec::new(), String::new());
    if options.wants("blocking") {
        figures.extend(blocking::figures(&bench, options.rows)?);
    }
    if options.wants("speed") {
        figures.extend(speed::figures(&bench, options.small_rows)?);
    }
    if options.wants("kinds") {
        let (more, kinds) = kinds::figures(&bench, options.small_rows)?;
        figures.extend(more);
        table = kinds;
    }
    Ok((figures, table))
}

/// A server and the binary.
struct Bench<'a> {
    url: &'a str,
    binary: &'a Path,
}

impl Bench<'_> {
    /// A fresh database, dropped with the value.
    fn database(&self) -> dbwright_testkit::Database {
        dbwright_testkit::Database::on(self.url)
    }

    /// Applies one migration and contracts it; the seconds that it took, or what it said.
    fn apply(&self, url: &str, sql: &str, more: &[&str]) -> Done<Result<f64, String>> {
        let scratch = Scratch::new();
        let file = scratch.path().join("1_change.sql");
        fs::write(&file, sql).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut command = Command::new(self.binary);
        command.args(["migrate", "apply", url, "--yes", "--dir"]).arg(scratch.path()).args(more);
        command.env("DBWRIGHT_PG_BIN", postgres_bin(MAJOR)).stdin(Stdio::null());
        let begun = Instant::now();
        let output = command.output().map_err(|e| format!("{}: {e}", self.binary.display()))?;
        let seconds = begun.elapsed().as_secs_f64();
        if output.status.success() || output.status.code() == Some(1) {
            return Ok(Ok(seconds));
        }
        // Before the failure stand the steps that were done.
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let failure = said.find("error").map_or(said.as_str(), |at| &said[at..]);
        Ok(Err(failure.to_owned()))
    }
}

/// Runs what is asynchronous.
fn wait<T>(work: impl Future<Output = Result<T, dbwright_core::Failure>>) -> Done<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|e| e.to_string())?.block_on(work).map_err(|failure| failure.to_string())
}
