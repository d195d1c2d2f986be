//! `bench load`: what observing every ten seconds adds to a busy server.
//!
//! dbwright comes as a role of its own, so the server's own statistics tell its time apart from the load's.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use dbwright_testkit::sql::{execute, query};
use dbwright_testkit::{Scratch, postgres_bin};

use super::measure;
use super::report::Figure;
use crate::command::quietly;
use crate::{Done, servers};

/// How long the load lasts.
const LASTS: Duration = Duration::from_mins(1);
/// How often the server is observed.
const EVERY: Duration = Duration::from_secs(10);

/// Measures.
pub(super) fn figures(binary: &Path) -> Done<Vec<Figure>> {
    let server = servers::private("bench-load", 17)?;
    let pgbench = postgres_bin(17).join("pgbench");
    eprintln!("making pgbench's tables");
    quietly(Command::new(&pgbench).args(["-i", "-q", "-s", "20", &server.url]))?;
    execute(&server.url, "CREATE EXTENSION pg_stat_statements")?;
    execute(&server.url, "CREATE ROLE visitor LOGIN; GRANT pg_monitor TO visitor")?;
    let mut load = Command::new(&pgbench)
        .args(["-n", "-c", "8", "-j", "2", "-T", &LASTS.as_secs().to_string(), &server.url])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("{}: {e}", pgbench.display()))?;
    execute(&server.url, "SELECT pg_stat_statements_reset()")?;
    let (visits, waited_s) = visit(binary, &server.url.replace("postgres@", "visitor@"))?;
    let row = query(
        &server.url,
        "SELECT coalesce(sum(t) FILTER (WHERE userid = 'visitor'::regrole), 0), sum(t) \
         FROM (SELECT userid, total_exec_time + total_plan_time AS t FROM pg_stat_statements) s",
    )?;
    load.wait().map_err(|e| e.to_string())?;
    let time = |i: usize| row[0][i].parse::<f64>().map_err(|_| "not a time".to_owned());
    Ok(vec![
        Figure::new("snapshots in a minute under pgbench", visits, "snapshots"),
        Figure::new("dbwright's statements, of a minute", 100.0 * time(0)? / 1000.0 / LASTS.as_secs_f64(), "%")
            .below(1.0),
        Figure::new("dbwright's statements, of all statements' time", 100.0 * time(0)? / time(1)?, "%"),
        Figure::new("time of one snapshot that is waiting for the server", waited_s, "s"),
    ])
}

/// Observes until the load ends: how often, and the mean seconds of waiting for the server.
fn visit(binary: &Path, url: &str) -> Done<(f64, f64)> {
    let scratch = Scratch::new();
    let file = scratch.path().join("busy.snapshot.json");
    let (begin, mut visits, mut waited_s) = (Instant::now(), 0.0, 0.0);
    while begin.elapsed() + EVERY / 2 < LASTS {
        let visit = Instant::now();
        measure::run(binary, &["snapshot", url, "--format", "json", "-o", &file.to_string_lossy()])?;
        waited_s += measure::cost(&file)?.target_s;
        visits += 1.0;
        sleep(EVERY.saturating_sub(visit.elapsed()));
    }
    Ok((visits, waited_s / visits))
}
