//! The copy lab: rows, built indexes, and what statements and writers really take.

mod clock;
pub(crate) mod copy;
mod digest;
mod room;
mod rows;
mod run;
mod sample;
mod write;

use std::time::{Duration, Instant};

use dbwright_advise::index::{Index, ObjectName};
use dbwright_advise::port::{Built, CopyOptions, Measurer, Run, Shape, Timing, WriteRate};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Snapshot};
use dbwright_sql::Dialect;
use tokio::sync::Mutex;
use tokio_postgres::Client;

use self::clock::Clock;
use self::copy::Copy;
use self::run::BuiltIndex;
use super::propose;
use super::whatif::statement;
use crate::connect::Connection;

const SQL: Dialect = Dialect::Postgres;
/// Transactions after which the catalog is swept.
const SWEEP: usize = 100;
/// How long the lab may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Copies the rows of the target into a private server to measure in.
///
/// # Errors
/// When there are no programs of the target's major version, no room on the disk, nothing may be read, or the user stops.
pub(super) async fn open(
    snapshot: &Snapshot,
    address: &Address,
    options: &CopyOptions,
    progress: &dyn Progress,
) -> Result<Box<dyn Measurer>, Failure> {
    let copy = copy::make(snapshot, address, options, &[], progress).await?;
    let connection = crate::connect::open(&Address::parse(&copy.url())?, PATIENCE).await?;
    let clock = Clock::of(&connection.client).await;
    let state = Mutex::new(State { connection, built: Vec::new(), clock, dusty: 0 });
    Ok(Box::new(Bench { copy, state }))
}

/// A copy with one session on it: runs must not disturb each other.
struct Bench {
    copy: Copy,
    state: Mutex<State>,
}

struct State {
    connection: Connection,
    built: Vec<Option<BuiltIndex>>,
    clock: Clock,
    /// Transactions since the catalog was swept: each leaves dead rows there, which every plan reads over.
    dusty: usize,
}

impl State {
    fn client(&self) -> &Client {
        &self.connection.client
    }

    /// Sweeps the catalog when enough was hidden and shown in it.
    async fn sweep(&mut self, transactions: usize) {
        self.dusty += transactions;
        if self.dusty >= SWEEP {
            self.dusty = 0;
            let _ = self.client().batch_execute("VACUUM pg_catalog.pg_index").await;
        }
    }

    async fn build(&mut self, index: &Index, scale: f64) -> Result<Built, String> {
        let name = run::built_name(self.built.len());
        let table = SQL.qualified(&index.table.schema, &index.table.name);
        let sql = format!("CREATE INDEX {name} {}", statement::body(index, &table));
        if let Some((_, extension)) = propose::extension(index) {
            // What comes of it shows with the index.
            let _ = self.client().batch_execute(&extension).await;
        }
        let started = Instant::now();
        let made = self.client().batch_execute(&sql).await;
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        if let Err(error) = made {
            self.built.push(None);
            return Err(crate::error::text(&error));
        }
        let qualified = SQL.qualified(&index.table.schema, &name);
        let found = BuiltIndex::find(self.client(), &qualified, index.table.clone()).await;
        let bytes = found.as_ref().map_or(0, |found| found.bytes);
        self.built.push(found.as_ref().ok().cloned());
        found?;
        if !index.keys.iter().all(|key| key.part.column().is_some()) {
            // Expressions have statistics of their own, which only ANALYZE gathers. It draws another sample of the columns,
            // which may change other plans: so not without need.
            let _ = self.client().batch_execute(&format!("ANALYZE {table}")).await;
        }
        Ok(Built { bytes, ms, scaled_bytes: room::whole(bytes as f64 / scale.max(1e-9)) })
    }
}

impl Bench {
    /// A server that is gone must not look like statements that fail.
    fn alive(&self, state: &State) -> Result<(), Failure> {
        if !state.client().is_closed() {
            return Ok(());
        }
        let failure = Failure::internal("lab.gone", "the private server with the copy has ended while it was measured");
        Err(match self.copy.last_words() {
            Some(log) => failure
                .excerpt(log)
                .hint("look whether the machine ran out of memory or disk; --copy-bytes copies fewer rows"),
            None => failure
                .hint("its folder is gone: does something empty the folder of temporary files? point TMPDIR elsewhere"),
        })
    }
}

impl Measurer for Bench {
    fn place(&self) -> String {
        self.copy.place()
    }

    fn build<'a>(
        &'a self,
        indexes: &'a [Index],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Result<Built, String>>, Failure>> {
        Box::pin(async move {
            progress.stage("building indexes in the copy", Some(indexes.len() as u64));
            let mut state = self.state.lock().await;
            let mut done = Vec::with_capacity(indexes.len());
            for (at, index) in indexes.iter().enumerate() {
                progress.step(at as u64);
                if progress.cancelled() {
                    state.built.push(None);
                    done.push(Err("stopped".to_owned()));
                    continue;
                }
                done.push(state.build(index, self.copy.share(&index.table)).await);
                self.alive(&state)?;
            }
            Ok(done)
        })
    }

    fn plans<'a>(&'a self, runs: &'a [Run]) -> BoxFuture<'a, Result<Vec<Result<Shape, String>>, Failure>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            let mut all = Vec::with_capacity(runs.len());
            for run in runs {
                all.push(run::shape(state.client(), run, &state.built).await);
            }
            state.sweep(runs.len()).await;
            self.alive(&state)?;
            Ok(all)
        })
    }

    fn run<'a>(
        &'a self,
        runs: &'a [Run],
        repeat: u32,
        limit_ms: f64,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Result<Timing, String>>, Failure>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            let mut all: Vec<Result<Timing, String>> = runs.iter().map(|_| Ok(Timing::default())).collect();
            for round in 0..=repeat {
                for (run, timing) in runs.iter().zip(&mut all) {
                    if progress.cancelled() {
                        return Ok(all);
                    }
                    let State { connection, built, clock, .. } = &mut *state;
                    let stage = run::Stage { client: &connection.client, built: built.as_slice(), clock };
                    stage.again(run, timing, (round, limit_ms)).await;
                }
                state.sweep(runs.len()).await;
                self.alive(&state)?;
            }
            Ok(all)
        })
    }

    fn writes<'a>(
        &'a self,
        table: &'a ObjectName,
        with: &'a [usize],
        _progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<WriteRate, Failure>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            let State { connection, built, clock, .. } = &mut *state;
            write::rate(&connection.client, clock, table, built, with).await
        })
    }
}
