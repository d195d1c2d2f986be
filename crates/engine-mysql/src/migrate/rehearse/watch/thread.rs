//! What is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::target::Address;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::rehearse::spans::{Queue, Spans, Sum};
use dbwright_migrate::rehearse::watcher::Looks;
use dbwright_migrate::rehearse::{LockHeld, Watched};
use dbwright_sql::Dialect;
use mysql_async::Error;

use super::Trace;
use super::locks::{self, Mode, Name, Seen};
use super::state::State;
use crate::migrate::session::link::Link;
use crate::migrate::ways::TABLE_LOCKS;

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(3);
/// Locks of rows cost the server more to tell: they are looked at in every so many looks.
const ROWS_EVERY: u64 = 8;
/// How long a watcher whose connection broke waits for its next order.
const BROKEN: Duration = Duration::from_secs(30);

/// A lock of a session on a table, by the table's place in [`Watcher::names`].
type Lock = (u32, usize, Mode);

pub(super) struct Watcher {
    link: Link,
    begun: Instant,
    /// When the last look was begun, in ms.
    last: f64,
    gap_ms: f64,
    before: State,
    names: Vec<Name>,
    locks: Spans<Lock>,
    waits: Spans<()>,
    others: Queue<u32>,
    rows: Rows,
    looks: u64,
}

/// What the last look at the locks of rows saw.
#[derive(Default)]
struct Rows {
    /// The others who waited for a row of the watched sessions.
    blocked: BTreeSet<u32>,
    /// Whether a watched session waited.
    waits: bool,
}

impl Watcher {
    pub(super) async fn begin(address: Address) -> Result<Self, Failure> {
        let mut link = Link::open(&address, &OpenOptions { read_only: true, ..OpenOptions::default() }).await?;
        let before = State::read(&mut link).await.map_err(|e| broken(&e))?;
        Ok(Self {
            link,
            begun: Instant::now(),
            last: 0.0,
            gap_ms: 0.0,
            before,
            names: Vec::new(),
            locks: Spans::default(),
            waits: Spans::default(),
            others: Queue::default(),
            rows: Rows::default(),
            looks: 0,
        })
    }

    fn now(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }

    async fn look_once(&mut self) -> Result<(), Error> {
        let begun = self.now();
        let rows = self.link.rows(TABLE_LOCKS).await?;
        if self.looks.is_multiple_of(ROWS_EVERY) {
            self.rows = self.row_waits().await?;
        }
        let now = self.now();
        let seen: Vec<Seen> = rows.iter().filter_map(Seen::read).collect();
        let mut held: Vec<Lock> = Vec::new();
        for one in seen.iter().filter(|one| one.mine && one.granted) {
            held.push((one.session, self.place(&one.table), one.mode));
        }
        for (session, table, mode) in locks::stronger(&seen) {
            held.push((session, self.place(&table), mode));
        }
        self.locks.look(self.last, now, held);
        let waits = self.rows.waits || seen.iter().any(|one| one.mine && !one.granted);
        self.waits.look(self.last, now, waits.then_some(()));
        let mut blocked = locks::blocked(&seen);
        blocked.extend(&self.rows.blocked);
        self.others.look(self.last, now, blocked);
        self.gap_ms = self.gap_ms.max(now - self.last);
        self.last = begun;
        self.looks += 1;
        Ok(())
    }

    /// Who waits for a row: the other's session and whether it is ours, then the same of the one that has it.
    async fn row_waits(&mut self) -> Result<Rows, Error> {
        let mut found = Rows::default();
        for row in self.link.rows(self.link.flavour.row_waits()).await? {
            let text = |at: usize| row.get(at).and_then(Option::as_deref);
            let (waits, has) = (text(1) == Some("1"), text(2) == Some("1"));
            found.waits |= waits;
            if let Some(session) = text(0).and_then(|id| id.parse().ok()).filter(|_| !waits && has) {
                found.blocked.insert(session);
            }
        }
        Ok(found)
    }

    fn place(&mut self, table: &Name) -> usize {
        self.names.iter().position(|one| one == table).unwrap_or_else(|| {
            self.names.push(table.clone());
            self.names.len() - 1
        })
    }

    async fn cut_now(&mut self) -> Result<Trace, Error> {
        self.look_once().await?;
        let after = State::read(&mut self.link).await?;
        let now = self.now();
        let locks = self.held(now);
        let waited = self.waits.cut(now).into_values().fold(Sum::default(), Sum::with);
        let rewritten = self.before.rewritten(&after);
        let seen = Watched {
            ms: now,
            locks,
            waited_ms: waited.total,
            blocked: self.others.cut(now),
            rewritten: rewritten.iter().filter(|name| !is_ours(name)).map(subject).collect(),
            wal_bytes: after.log.saturating_sub(self.before.log),
            temp_bytes: after.temp.zip(self.before.temp).map(|(after, before)| after.saturating_sub(before)),
        };
        let gap_ms = std::mem::take(&mut self.gap_ms);
        self.begin_again(after, now);
        Ok(Trace { seen, gap_ms })
    }

    /// The next watch begins now; its times count from here.
    fn begin_again(&mut self, after: State, now: f64) {
        self.before = after;
        self.begun += Duration::from_secs_f64(now / 1000.0);
        self.locks.shift(now);
        self.waits.shift(now);
        self.last = 0.0;
    }

    /// The locks on tables that were there before.
    fn held(&mut self, now: f64) -> Vec<LockHeld> {
        let mut by_table: BTreeMap<(usize, Mode), Sum> = BTreeMap::new();
        for ((_, table, mode), sum) in self.locks.cut(now) {
            let all = by_table.entry((table, mode)).or_default();
            *all = all.with(sum);
        }
        let held = |((table, mode), sum): ((usize, Mode), Sum)| {
            let name = self.names.get(table).filter(|name| self.before.tables.contains_key(*name) && !is_ours(name))?;
            let (relation, mode) = (subject(name), mode.word().to_owned());
            Some(LockHeld { relation, mode, longest_ms: sum.longest, times: sum.times })
        };
        let mut all: Vec<LockHeld> = by_table.into_iter().filter_map(held).collect();
        locks::sort(&mut all);
        all
    }
}

impl Looks for Watcher {
    type Trace = Trace;

    async fn look(&mut self) -> Result<(), Failure> {
        self.look_once().await.map_err(|e| broken(&e))
    }

    async fn cut(&mut self) -> Result<Trace, Failure> {
        self.cut_now().await.map_err(|e| broken(&e))
    }

    fn pause(&self, failed: bool) -> Duration {
        if failed && self.link.lost() { BROKEN } else { EVERY }
    }
}

/// Whether dbwright made it.
fn is_ours((schema, table): &Name) -> bool {
    schema == "dbwright"
        || schema == super::super::rows::SCHEMA
        || schema.starts_with("dbwright_lab_")
        || table.starts_with("dbwright_")
        || table.starts_with("~dbwright_")
}

fn subject((schema, table): &Name) -> String {
    Dialect::Mysql.subject(&[schema, table])
}

fn broken(error: &Error) -> Failure {
    Failure::internal("rehearse.trace", format!("watching the server fails: {}", crate::error::text(error)))
}
