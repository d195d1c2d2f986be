//! `bench check`: a large catalog and a large file.

mod mysql;
mod redis;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use dbwright_testkit::Scratch;

use super::report::Figure;
use super::{big, measure, sqlite, watch};
use crate::{Done, servers};

pub(super) use mysql::mysql;
pub(super) use redis::redis;

/// The lock that any reader takes.
const READERS_LOCK: &str = "AccessShareLock";

/// Measures a large catalog.
pub(super) fn postgres(binary: &Path) -> Done<Vec<Figure>> {
    let server = servers::private("bench-check", 17)?;
    eprintln!("making {} tables", big::TABLES);
    big::make(&server.url)?;
    large_catalog(binary, &server.url)
}

/// Measures a large file.
pub(super) fn sqlite(binary: &Path) -> Done<Vec<Figure>> {
    let scratch = Scratch::new();
    let file = scratch.path().join("large.db");
    eprintln!("making a SQLite file of 1 GB");
    sqlite::make(&file)?;
    large_file(binary, &file)
}

fn large_catalog(binary: &Path, url: &str) -> Done<Vec<Figure>> {
    let scratch = Scratch::new();
    let file = scratch.path().join("large.snapshot.json");
    let before = watch::position(url)?;
    let done = AtomicBool::new(false);
    let (run, modes) = thread::scope(|scope| {
        let locks = scope.spawn(|| watch::lock_modes(url, &done));
        let run = measure::run(binary, &["check", url, "--no-prove", "--format", "json"]);
        done.store(true, Ordering::Relaxed);
        let modes = locks.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok::<_, String>((run?, modes?))
    })?;
    let after = watch::position(url)?;
    measure::run(binary, &["snapshot", url, "--format", "json", "-o", &file.to_string_lossy()])?;
    let cost = measure::cost(&file)?;
    let offline = measure::run(binary, &["check", &file.to_string_lossy(), "--format", "json"])?;
    #[expect(clippy::cast_precision_loss, reason = "a handful of modes")]
    let stronger = modes.iter().filter(|mode| *mode != READERS_LOCK).count() as f64;
    Ok(vec![
        Figure::new("PostgreSQL, 10,000 tables, 30,000 indexes: check", run.wall_s, "s").below(10.0),
        Figure::new("most memory", run.peak_bytes / 1e6, "MB").below(300.0),
        Figure::new("queries", cost.queries, "queries").below(80.0),
        Figure::new("results received", cost.bytes / 1e6, "MB"),
        Figure::new("waiting for the server", cost.target_s, "s"),
        Figure::new("dbwright's own time of observing", cost.own_s, "s"),
        Figure::new("check of the snapshot file", offline.wall_s, "s"),
        Figure::new("WAL records that are not the server's own", watch::wal_records(url, &before, &after)?, "records"),
        Figure::new("rows written", watch::rows_written(&before, &after), "rows"),
        Figure::new("kinds of lock stronger than a reader's", stronger, "kinds"),
    ])
}

fn large_file(binary: &Path, file: &Path) -> Done<Vec<Figure>> {
    let target = format!("sqlite:{}", file.display());
    let run = measure::run(binary, &["check", &target, "--no-prove", "--format", "json"])?;
    Ok(vec![
        Figure::new("SQLite, 1 GB: check without measured proofs", run.wall_s, "s").below(5.0),
        Figure::new("most memory with SQLite", run.peak_bytes / 1e6, "MB"),
    ])
}
