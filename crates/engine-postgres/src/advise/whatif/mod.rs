//! What-if sessions: indexes that need not exist, in the twin or, with `HypoPG`, on the target.

mod book;
mod change;
mod existing;
mod hypo;
mod names;
mod prepare;
mod read;
mod seat;
mod sides;
pub(super) mod statement;
mod twin;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dbwright_advise::index::Index;
use dbwright_advise::port::{
    Ask, Estimate, Existing, IndexId, Planned, Prepared, Query, QueryId, WhatIf, WhatIfOptions,
};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::workload::Statement;
use dbwright_core::{BoxFuture, Change, Failure, Snapshot};
use dbwright_sql::Dialect;
use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::{propose, sizes};
use crate::body::PgBody;
use book::Book;
use seat::Seat;
use sides::Side;

/// Most questions that a connection takes at a time. They are of one query, which takes about the same time each.
const BLOCK: usize = 4;

/// Opens the place where plans are made: the twin, or the target when no twin can be made and that is allowed.
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
    let version = &snapshot.header.version;
    let opened = match address {
        Some(address) if options.on_target => sides::on_target(version, address, options, progress).await?,
        _ => match sides::twin(snapshot, address, options, progress).await {
            Err(failure) if failure.code == "postgres.no-programs" && address.is_some() => {
                return Err(failure.hint("or let --on-target plan in sessions on the target, by HypoPG there"));
            }
            opened => opened?,
        },
    };
    let seats = opened.seats.into_iter().map(Mutex::new).collect();
    Ok(Box::new(Sessions {
        book: Book::new(body),
        seats,
        side: opened.side,
        pace: Lock::new(None),
        notes: Lock::default(),
        took: Lock::default(),
    }))
}

/// Sessions that plan.
struct Sessions {
    book: Book,
    seats: Vec<Mutex<Seat>>,
    side: Side,
    /// Milliseconds for one unit of cost.
    pace: Lock<Option<f64>>,
    /// What was assumed of the statements.
    notes: Lock<Vec<String>>,
    /// How long a plan of each query took last.
    took: Lock<HashMap<QueryId, Duration>>,
}

impl Sessions {
    async fn first(&self) -> tokio::sync::MutexGuard<'_, Seat> {
        self.seats[0].lock().await
    }

    /// Shares of the rows that indexes hold, by the planner.
    async fn shares(&self, indexes: &[Index]) -> Vec<Result<f64, String>> {
        let seat = self.first().await;
        let mut shares = Vec::with_capacity(indexes.len());
        for index in indexes {
            let table = Dialect::Postgres.qualified(&index.table.schema, &index.table.name);
            shares.push(match &index.predicate {
                Some(predicate) => seat.share(&table, predicate).await,
                None => Ok(1.0),
            });
        }
        shares
    }

    /// Makes one index that has its id already.
    async fn make(&self, seat: &mut Seat, new: &New<'_>) -> Result<Estimate, String> {
        let made = match new.share {
            Ok(_) if let Some(reason) = sizes::refused(new.index, &self.book.body) => Err(reason),
            Ok(share) => self.side.make(seat, &self.book, new.id, *share).await.map(|bytes| (*share, bytes)),
            Err(reason) => Err(reason.clone()),
        };
        if made.is_err() {
            self.book.refuse(new.id);
        }
        let (share, bytes) = made?;
        let own = sizes::estimate_share(new.index, &self.book.body, share);
        Ok(Estimate { bytes: bytes.unwrap_or(own.bytes), ..own })
    }

    async fn ask_one(&self, seat: &mut Seat, ask: &Ask) -> Result<Planned, String> {
        let query = self.book.query(ask.query)?;
        let plan = self.side.ask(seat, &self.book, ask, &query.sql).await?;
        let own = self.side.names(seat);
        Ok(self.book.answer(&query, &plan, &own))
    }

    /// One connection's share of the definitions.
    async fn make_some(&self, seat: &Mutex<Seat>, new: &[New<'_>], next: &AtomicUsize) -> Vec<Made> {
        let mut seat = seat.lock().await;
        let mut made = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = new.get(at) else { return made };
            made.push((at, self.make(&mut seat, one).await));
        }
    }

    /// One connection's share of the questions, taken block by block.
    async fn work(&self, seat: &Mutex<Seat>, asks: &[Ask], blocks: &[&[usize]], next: &AtomicUsize) -> Vec<Answer> {
        let mut seat = seat.lock().await;
        let mut answers = Vec::new();
        loop {
            let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) else { return answers };
            let began = Instant::now();
            for at in *block {
                answers.push((*at, self.ask_one(&mut seat, &asks[*at]).await));
            }
            if let Some(first) = block.first() {
                let each = began.elapsed() / u32::try_from(block.len()).unwrap_or(u32::MAX);
                self.took().insert(asks[*first].query, each);
            }
        }
    }

    /// What is expected to take long comes first, so that no connection begins with it when the others have ended.
    fn longest_first(&self, blocks: &mut [&[usize]], asks: &[Ask]) {
        let took = self.took();
        let expected = |block: &[usize]| {
            let each = block.first().and_then(|first| took.get(&asks[*first].query)).copied().unwrap_or_default();
            each * u32::try_from(block.len()).unwrap_or(u32::MAX)
        };
        blocks.sort_by_cached_key(|block| Reverse(expected(block)));
    }

    fn took(&self) -> MutexGuard<'_, HashMap<QueryId, Duration>> {
        self.took.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An index to be made.
struct New<'a> {
    id: IndexId,
    index: &'a Index,
    share: &'a Result<f64, String>,
}

/// An index that was made, with its position.
type Made = (usize, Result<Estimate, String>);
/// An answer, with the position of its question.
type Answer = (usize, Result<Planned, String>);

impl WhatIf for Sessions {
    fn place(&self) -> String {
        self.side.place()
    }

    fn counted_s(&self) -> Option<f64> {
        self.book.body.server.window_s()
    }

    fn prepare<'a>(
        &'a self,
        statements: &'a [Statement],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Prepared>, Failure>> {
        Box::pin(async move {
            let seat = self.first().await;
            let (prepared, notes) = prepare::all(&seat, &self.book.body, statements, progress).await?;
            *self.notes.lock().unwrap_or_else(PoisonError::into_inner) = notes;
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

    fn propose(&self, query: &Query) -> Vec<Index> {
        propose::of(query, &self.book.body)
    }

    fn define<'a>(&'a self, indexes: &'a [Index]) -> BoxFuture<'a, Result<Vec<Result<Estimate, String>>, Failure>> {
        Box::pin(async move {
            let shares = self.shares(indexes).await;
            let new = indexes.iter().zip(&shares);
            let new: Vec<New<'_>> =
                new.map(|(index, share)| New { id: self.book.define(index), index, share }).collect();
            let extensions: BTreeSet<String> =
                indexes.iter().filter_map(|index| propose::needs(index, &self.book.body)).collect();
            self.side.extend(&*self.first().await, &extensions).await;
            self.side.ready(&self.book, indexes)?;
            let next = AtomicUsize::new(0);
            let work = self.seats.iter().map(|seat| self.make_some(seat, &new, &next));
            let mut estimates: Vec<_> = indexes.iter().map(|_| Err("it was not made".to_owned())).collect();
            for (at, estimate) in join_all(work).await.into_iter().flatten() {
                estimates[at] = estimate;
            }
            let seat = self.first().await;
            self.side.settle(&seat).await?;
            Ok(estimates)
        })
    }

    fn plan<'a>(&'a self, asks: &'a [Ask]) -> BoxFuture<'a, Result<Vec<Result<Planned, String>>, Failure>> {
        Box::pin(async move {
            let mut order: Vec<usize> = (0..asks.len()).collect();
            // Neighbours share most of their indexes, which then stay as they are.
            order.sort_by_key(|at| (asks[*at].query, &asks[*at].without, &asks[*at].with));
            let mut blocks: Vec<&[usize]> = order
                .chunk_by(|one, other| asks[*one].query == asks[*other].query)
                .flat_map(|of_query| of_query.chunks(BLOCK))
                .collect();
            self.longest_first(&mut blocks, asks);
            let next = AtomicUsize::new(0);
            let work = self.seats.iter().map(|seat| self.work(seat, asks, &blocks, &next));
            let mut answers: Vec<_> = asks.iter().map(|_| Err("it was not asked".to_owned())).collect();
            for (at, answer) in join_all(work).await.into_iter().flatten() {
                answers[at] = answer;
            }
            Ok(answers)
        })
    }

    fn create(&self, index: &Index, name: Option<&str>) -> Change {
        let mut change = change::create(&self.book.body.catalog, &self.book.names, index, name);
        // The extension stays when the index goes: something else may use it by then.
        change.forward.splice(0..0, propose::needs(index, &self.book.body));
        change
    }

    fn drop(&self, existing: IndexId) -> Change {
        match self.book.known(existing) {
            Some(known) => change::drop(&self.book.body.catalog, &known),
            None => Change::new(Vec::<String>::new(), "none").irreversible("there is no such index"),
        }
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn ms_per_cost(&self) -> Option<f64> {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
