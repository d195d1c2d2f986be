//! What-if sessions: indexes that need not exist, in the twin or, with `HypoPG`, on the target.

mod book;
mod change;
mod existing;
mod hypo;
mod names;
mod prepare;
mod read;
mod seat;
pub(super) mod statement;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};

use dbwright_advise::index::Index;
use dbwright_advise::port::{Ask, Estimate, Existing, IndexId, Planned, Prepared, Query, WhatIf, WhatIfOptions};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::workload::Statement;
use dbwright_core::{BoxFuture, Change, Failure, Snapshot};
use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::sizes;
use crate::body::PgBody;
use book::Book;
use hypo::Hypo;
use seat::Seat;

/// Connections on a target: it has other work to do.
const ON_TARGET: usize = 2;
/// Questions that a connection takes at a time, of one query where possible.
const BLOCK: usize = 8;

/// Opens the place where plans are made.
///
/// # Errors
/// When there is none: what is missing, and what would give it.
pub(super) async fn open(
    snapshot: &Snapshot,
    address: Option<&Address>,
    options: &WhatIfOptions,
    progress: &dyn Progress,
) -> Result<Box<dyn WhatIf>, Failure> {
    let body: Arc<PgBody> = Arc::new(snapshot.body::<PgBody>()?.clone());
    match address {
        Some(address) if options.on_target => {
            progress.stage("connecting to plan on the target", None);
            let sessions = on_target(body, &snapshot.header.version, address, options).await?;
            Ok(Box::new(sessions))
        }
        Some(_) => Err(Failure::usage("postgres.no-place", "there is no place to plan in")
            .hint("--on-target plans in a session on the target, with HypoPG installed there")),
        None => Err(Failure::usage("postgres.no-place", "a snapshot alone can't plan")
            .hint("give the database's URL and --on-target")),
    }
}

async fn on_target(
    body: Arc<PgBody>,
    version: &str,
    address: &Address,
    options: &WhatIfOptions,
) -> Result<Sessions, Failure> {
    let first = Seat::on_target(address, &options.observe).await?;
    let hypo = Hypo::find(&first).await?;
    let mut seats = vec![Mutex::new(first)];
    let wanted = if options.connections == 0 { ON_TARGET } else { options.connections };
    while seats.len() < wanted {
        seats.push(Mutex::new(Seat::on_target(address, &options.observe).await?));
    }
    let place = hypo.place(&format!("PostgreSQL {version}"));
    Ok(Sessions { book: Book::new(body), seats, hypo, place, pace: Lock::new(None) })
}

/// Sessions that plan.
struct Sessions {
    book: Book,
    seats: Vec<Mutex<Seat>>,
    hypo: Hypo,
    place: String,
    /// Milliseconds for one unit of cost.
    pace: Lock<Option<f64>>,
}

impl Sessions {
    async fn first(&self) -> tokio::sync::MutexGuard<'_, Seat> {
        self.seats[0].lock().await
    }

    /// Defines one index; its id is taken in any case.
    async fn define_one(&self, seat: &mut Seat, index: &Index) -> Result<Estimate, String> {
        let id = self.book.define(index);
        let tried = self.hypo.try_out(seat, &self.book, id).await;
        if tried.is_err() {
            self.book.refuse(id);
        }
        tried.map(|()| sizes::estimate(index, &self.book.body))
    }

    async fn ask_one(&self, seat: &mut Seat, ask: &Ask) -> Result<Planned, String> {
        let query = self.book.query(ask.query)?;
        let plan = self.hypo.ask(seat, &self.book, ask, &query.sql).await?;
        let shown: HashMap<String, IndexId> =
            seat.shown.iter().flat_map(|(id, oids)| oids.iter().map(move |oid| (format!("<{oid}>"), *id))).collect();
        // HypoPG names an index `<oid>btree_table_columns`.
        let own = |name: &str| shown.get(&name[..=name.find('>')?]).copied();
        Ok(self.book.answer(&query, &plan, &own))
    }

    /// One connection's share of the questions, taken block by block.
    async fn work(&self, seat: &Mutex<Seat>, asks: &[Ask], order: &[usize], next: &AtomicUsize) -> Vec<Answer> {
        let mut seat = seat.lock().await;
        let mut answers = Vec::new();
        loop {
            let from = next.fetch_add(BLOCK, Ordering::Relaxed);
            if from >= order.len() {
                return answers;
            }
            for at in &order[from..(from + BLOCK).min(order.len())] {
                answers.push((*at, self.ask_one(&mut seat, &asks[*at]).await));
            }
        }
    }
}

/// An answer, with the position of its question.
type Answer = (usize, Result<Planned, String>);

impl WhatIf for Sessions {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn prepare<'a>(
        &'a self,
        statements: &'a [Statement],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Prepared>, Failure>> {
        Box::pin(async move {
            let seat = self.first().await;
            let prepared = prepare::all(&seat, &self.book.body, statements, progress).await?;
            *self.pace.lock().unwrap_or_else(PoisonError::into_inner) = prepare::pace(statements, &prepared);
            Ok(prepared)
        })
    }

    fn admit<'a>(&'a self, queries: &'a [Query]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            self.book.admit(queries);
            Ok(())
        })
    }

    fn existing(&self) -> Vec<Existing> {
        self.book.existing()
    }

    fn propose(&self, _query: &Query) -> Vec<Index> {
        Vec::new()
    }

    fn define<'a>(&'a self, indexes: &'a [Index]) -> BoxFuture<'a, Result<Vec<Result<Estimate, String>>, Failure>> {
        Box::pin(async move {
            let mut seat = self.first().await;
            let mut estimates = Vec::with_capacity(indexes.len());
            for index in indexes {
                estimates.push(self.define_one(&mut seat, index).await);
            }
            Ok(estimates)
        })
    }

    fn plan<'a>(&'a self, asks: &'a [Ask]) -> BoxFuture<'a, Result<Vec<Result<Planned, String>>, Failure>> {
        Box::pin(async move {
            let mut order: Vec<usize> = (0..asks.len()).collect();
            // Neighbours share most of their indexes, which then stay as they are.
            order.sort_by_key(|at| (asks[*at].query, &asks[*at].without, &asks[*at].with));
            let next = AtomicUsize::new(0);
            let work = self.seats.iter().map(|seat| self.work(seat, asks, &order, &next));
            let mut answers: Vec<_> = asks.iter().map(|_| Err("it was not asked".to_owned())).collect();
            for (at, answer) in join_all(work).await.into_iter().flatten() {
                answers[at] = answer;
            }
            Ok(answers)
        })
    }

    fn create(&self, index: &Index, name: Option<&str>) -> Change {
        change::create(&self.book.body.catalog, &self.book.names, index, name)
    }

    fn drop(&self, existing: IndexId) -> Change {
        match self.book.known(existing) {
            Some(known) => change::drop(&self.book.body.catalog, &known),
            None => Change::new(Vec::<String>::new(), "none").irreversible("there is no such index"),
        }
    }

    fn ms_per_cost(&self) -> Option<f64> {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
