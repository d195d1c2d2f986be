//! What a change really does: traced on a real server, under load, before it is done for good.
//!
//! The stage ([`stage`]) is a private server with the target's schema and rows; the runner of `dbwright-migrate` carries the
//! migrations out on it through a session that is watched ([`traced`]), while a load reads and writes.

mod app;
mod dangers;
mod exact;
pub mod load;
mod pass;
mod port;
pub mod prove;
mod stage;
pub mod trace;
mod traced;

use dbwright_core::engine::{Engine as _, ObserveOptions, Values};
use dbwright_core::progress::{Progress, Silent};
use dbwright_core::proof::Experiment;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Proof};
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::rehearse::{Pass, Rehearsal, RehearseOptions};
use dbwright_migrate::{Migration, OnlineDdl as _, run};

use crate::Postgres;
use crate::body::PgBody;

/// Rehearses what is pending on a target.
async fn rehearse(
    address: &Address,
    migrations: &[Migration],
    options: &RehearseOptions,
    progress: &dyn Progress,
) -> Result<Rehearsal, Failure> {
    let pending = pending(address, migrations, options).await?;
    let observe =
        ObserveOptions { values: Values::All, programs: options.programs.clone(), ..ObserveOptions::default() };
    let snapshot = Postgres.observe(address, &observe, progress).await?;
    let body: &PgBody = snapshot.body()?;
    let (mut passes, mut notes, mut server) = (Vec::new(), Vec::new(), String::new());
    for size in &options.sizes {
        let stage = stage::make(&snapshot, address, &pending, *size, options, progress).await?;
        notes.extend(stage.notes.iter().cloned());
        server = stage.server();
        passes.push(pass::run_through(&stage, &pending, options, &mut notes, progress).await?);
    }
    notes.sort();
    notes.dedup();
    let touched = stage::touched(body, &pending);
    let target_rows = touched
        .loaded
        .iter()
        .filter_map(|table| table.rows)
        .fold(None, |a: Option<f64>, b| Some(a.unwrap_or(0.0).max(b)));
    let dangers = dangers::dangers(&passes, target_rows.map(whole));
    let proof = proof(&passes, &server);
    Ok(Rehearsal { server, passes, dangers, notes, proof })
}

/// What the target's journal does not have yet.
async fn pending(
    address: &Address,
    migrations: &[Migration],
    options: &RehearseOptions,
) -> Result<Vec<Migration>, Failure> {
    let open = OpenOptions { read_only: true, programs: options.programs.clone(), ..OpenOptions::default() };
    let mut session = Postgres.open(address, &open, &Silent).await?;
    let journal = session.journal().await?;
    Ok(run::pending(&journal, migrations, None)?.into_iter().cloned().collect())
}

/// `rehearsed` when every pass went to its end, nothing failed, and the way back led to the start.
fn proof(passes: &[Pass], server: &str) -> Proof {
    for pass in passes {
        if let Some(why) = fault(pass) {
            return Proof::unproven(format!("on {}: {why}", pass.data));
        }
    }
    let worst = passes.iter().max_by(|a, b| a.during.p99_ms.total_cmp(&b.during.p99_ms));
    let Some(worst) = worst else { return Proof::unproven("nothing was rehearsed") };
    let steps: usize = passes.iter().map(|pass| pass.steps.len()).sum();
    Proof::Rehearsed(Experiment {
        before: worst.before.p99_ms,
        after: worst.during.p99_ms,
        unit: "ms".to_owned(),
        runs: u32::try_from(passes.len()).unwrap_or(u32::MAX),
        spread: 0.0,
        repeat: "dbwright migrate rehearse TARGET".to_owned(),
        note: Some(format!(
            "99th percentile of the load's statements before and during the change; {steps} steps on {server}, undone, \
             and the schema was as before"
        )),
    })
}

fn fault(pass: &Pass) -> Option<String> {
    if let Some(failure) = &pass.failure {
        return Some(failure.clone());
    }
    if let Some(failure) = &pass.undo.failure {
        return Some(format!("it can't be undone: {failure}"));
    }
    if let Some(differs) = pass.undo.differs.first() {
        return Some(format!("undone, the schema is not as before: {differs}"));
    }
    if let Some(broken) = pass.broken_queries.first() {
        return Some(format!("after “{}” a statement of the application fails: {}", broken.after, broken.error));
    }
    let failed = pass.during.failures.first()?;
    Some(format!("{} statements of the load failed: {}", pass.during.failed, failed.error))
}

/// A figure without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of f64 saturates, as it should")]
fn whole(value: f64) -> u64 {
    value as u64
}
