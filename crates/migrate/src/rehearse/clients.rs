//! The clients: each runs one statement after the other until it is told to stop.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::load::{Failed, Sample, Shared, Turn};
use super::stage::{Client, Clients};

/// Time between two attempts to connect.
const AGAIN: Duration = Duration::from_millis(200);
/// Failures that are kept, at most.
const KEPT: usize = 100_000;

/// Runs all clients until the load is stopped.
pub(super) fn run_all(connector: &dyn Clients, shared: &Arc<Shared>, clients: usize) {
    let work = async {
        let clients = (0..clients).map(|number| client(connector, shared, number));
        futures_util::future::join_all(clients).await;
    };
    // Without a runtime there is no load, which its figures show.
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        runtime.block_on(work);
    }
}

async fn client(connector: &dyn Clients, shared: &Shared, number: usize) {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1).wrapping_mul(0xD129_0D3B_8F1E_F4B5));
    while !shared.stop.load(Ordering::Relaxed) && !shared.templates.is_empty() {
        let Ok(mut session) = connector.connect().await else {
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        while !shared.stop.load(Ordering::Relaxed) && !session.closed() {
            let template = &shared.templates[dice.below(shared.templates.len())];
            turn(&mut *session, shared, &template.turn(&mut |n| dice.below(n))).await;
            tokio::time::sleep(shared.pause).await;
        }
    }
}

async fn turn(session: &mut dyn Client, shared: &Shared, turn: &Turn) {
    let Some(made) = timed(session, shared, &turn.sql, &turn.shown).await else { return };
    let Some(clean_up) = &turn.clean_up else { return };
    for key in made {
        let _ = timed(session, shared, &format!("{clean_up}{key}"), clean_up).await;
    }
}

/// Runs a statement and notes its time, or why it failed; gives the first column of its rows.
async fn timed(session: &mut dyn Client, shared: &Shared, sql: &str, shown: &str) -> Option<Vec<String>> {
    let begun = Instant::now();
    let outcome = session.run(sql).await;
    let (ms, at) = (begun.elapsed().as_secs_f64() * 1000.0, shared.now());
    match outcome {
        Ok(first) => {
            shared.samples.lock().unwrap_or_else(PoisonError::into_inner).push(Sample { at, ms });
            Some(first)
        }
        Err(error) => {
            let mut failed = shared.failed.lock().unwrap_or_else(PoisonError::into_inner);
            if failed.len() < KEPT {
                failed.push(Failed { at, statement: shown.to_owned(), error });
            }
            None
        }
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % n.max(1)
    }
}
