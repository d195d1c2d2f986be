//! The clients: each runs one statement after the other until it is told to stop.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use dbwright_core::target::Address;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::templates::Turn;
use super::{Failed, Sample, Shared};
use crate::connect::Connection;

/// How long the server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between two attempts to connect.
const AGAIN: Duration = Duration::from_millis(200);
/// Failures that are kept, at most.
const KEPT: usize = 100_000;

/// Runs all clients until the load is stopped.
pub(super) fn run_all(address: &Address, shared: &Arc<Shared>, clients: usize) {
    let work = async {
        let clients = (0..clients).map(|number| client(address, shared, number));
        futures_util::future::join_all(clients).await;
    };
    // Without a runtime there is no load, which its figures show.
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        runtime.block_on(work);
    }
}

async fn client(address: &Address, shared: &Shared, number: usize) {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1).wrapping_mul(0xD129_0D3B_8F1E_F4B5));
    while !shared.stop.load(Ordering::Relaxed) && !shared.templates.is_empty() {
        let Ok(connection) = connect(address).await else {
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        while !shared.stop.load(Ordering::Relaxed) && !connection.client.is_closed() {
            let template = &shared.templates[dice.below(shared.templates.len())];
            turn(&connection.client, shared, &template.turn(&mut |n| dice.below(n))).await;
            tokio::time::sleep(shared.pause).await;
        }
    }
}

async fn connect(address: &Address) -> Result<Connection, ()> {
    let connection = crate::connect::open(address, PATIENCE).await.map_err(drop)?;
    let settings = "SET application_name = 'dbwright load'; SET statement_timeout = 0";
    connection.client.batch_execute(settings).await.map_err(drop)?;
    Ok(connection)
}

async fn turn(client: &Client, shared: &Shared, turn: &Turn) {
    let Some(made) = timed(client, shared, &turn.sql, &turn.shown).await else { return };
    let Some(clean_up) = &turn.clean_up else { return };
    for key in made {
        let _ = timed(client, shared, &format!("{clean_up}{key}"), clean_up).await;
    }
}

/// Runs a statement and notes its time, or why it failed; gives the first column of its rows.
async fn timed(client: &Client, shared: &Shared, sql: &str, shown: &str) -> Option<Vec<String>> {
    let begun = Instant::now();
    let outcome = client.simple_query(sql).await;
    let (ms, at) = (begun.elapsed().as_secs_f64() * 1000.0, shared.now());
    match outcome {
        Ok(messages) => {
            shared.samples.lock().unwrap_or_else(PoisonError::into_inner).push(Sample { at, ms });
            let first = |message: &SimpleQueryMessage| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            };
            Some(messages.iter().filter_map(first).collect())
        }
        Err(error) => {
            let mut failed = shared.failed.lock().unwrap_or_else(PoisonError::into_inner);
            if failed.len() < KEPT {
                failed.push(Failed { at, statement: shown.to_owned(), error: crate::error::text(&error) });
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
