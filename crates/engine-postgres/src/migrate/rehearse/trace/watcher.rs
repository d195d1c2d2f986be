//! What is looked at.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::target::Address;
use dbwright_migrate::rehearse::spans::{Queue, Spans, Sum};
use dbwright_migrate::rehearse::watcher::Looks;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::files::{State, logged};
use super::{Held, LockMode, Look, Trace, Who};
use crate::connect::Connection;

/// How long the server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everybody who waits, and the relation locks of those who are watched.
const LOCKS: &str = "\
WITH mine AS MATERIALIZED (SELECT a.pid FROM pg_catalog.pg_stat_activity a WHERE {WHO})
SELECT l.pid, l.relation, l.mode, l.granted, l.pid IN (SELECT pid FROM mine),
       CASE WHEN NOT l.granted THEN pg_catalog.pg_blocking_pids(l.pid) END
FROM pg_catalog.pg_locks l
WHERE l.pid <> pg_catalog.pg_backend_pid() AND (NOT l.granted OR l.locktype = 'relation' AND l.relation >= 16384
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND l.pid IN (SELECT pid FROM mine))";

/// A lock of a session on a relation.
type Lock = (i32, u32, LockMode);

pub(super) struct Watcher {
    connection: Connection,
    statement: Statement,
    who: Who,
    look: Look,
    begun: Instant,
    /// When the last look was begun, in ms.
    last: f64,
    before: State,
    log_read: u64,
    locks: Spans<Lock>,
    waits: Spans<()>,
    wanted: HashSet<(u32, LockMode)>,
    others: Queue<i32>,
    looks: u64,
}

impl Watcher {
    pub(super) async fn begin(address: Address, who: Who, look: Look) -> Result<Self, Failure> {
        let connection = crate::connect::open(&address, PATIENCE).await?;
        let client = &connection.client;
        let settings = "SET application_name = 'dbwright trace'; SET search_path = pg_catalog; SET statement_timeout = 0; \
                        SET lock_timeout = 0; SET jit = off; SET default_transaction_read_only = on";
        client.batch_execute(settings).await.map_err(|e| broken(&e))?;
        let condition = match who {
            Who::Pid(_) => "a.pid = $1",
            Who::Application(_) => "a.application_name = $1",
        };
        let statement = client.prepare(&LOCKS.replace("{WHO}", condition)).await.map_err(|e| broken(&e))?;
        let before = State::read(client).await.map_err(|e| broken(&e))?;
        let log_read = look.log.as_deref().and_then(|log| logged(log, 0)).map_or(0, |(_, length)| length);
        Ok(Self {
            connection,
            statement,
            who,
            look,
            begun: Instant::now(),
            last: 0.0,
            before,
            log_read,
            locks: Spans::default(),
            waits: Spans::default(),
            wanted: HashSet::new(),
            others: Queue::default(),
            looks: 0,
        })
    }

    fn now(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }

    async fn look_once(&mut self) -> Result<(), tokio_postgres::Error> {
        let begun = self.now();
        let who: &(dyn ToSql + Sync) = match &self.who {
            Who::Pid(pid) => pid,
            Who::Application(name) => name,
        };
        let rows = self.connection.client.query(&self.statement, &[who]).await?;
        let now = self.now();
        let seen: Vec<Seen> = rows.iter().map(Seen::read).collect();
        self.locks.look(self.last, now, seen.iter().filter_map(Seen::lock));
        self.waits.look(self.last, now, seen.iter().filter(|one| one.mine && !one.granted).map(|_| ()));
        self.wanted.extend(seen.iter().filter(|one| one.mine && !one.granted).filter_map(Seen::on_relation));
        self.others.look(self.last, now, blocked(&seen));
        self.last = begun;
        self.looks += 1;
        Ok(())
    }

    async fn cut_now(&mut self) -> Result<Trace, tokio_postgres::Error> {
        self.look_once().await?;
        let after = State::read(&self.connection.client).await?;
        let (now, temp) = (self.now(), self.temp(&after));
        let locks = self.held(&after, now);
        let waited = self.waits.cut(now).into_values().fold(Sum::default(), Sum::with);
        let trace = Trace {
            ms: now,
            locks,
            wanted: self.wanted(),
            waited_ms: waited.total,
            blocked: self.others.cut(now),
            rewritten: self.before.rewritten(&after),
            wal_bytes: u64::try_from(after.wal - self.before.wal).unwrap_or(0),
            temp_bytes: temp,
            looks: std::mem::take(&mut self.looks),
        };
        self.begin_again(after, now);
        Ok(trace)
    }

    /// The next watch begins now; its times count from here.
    fn begin_again(&mut self, after: State, now: f64) {
        self.before = after;
        self.begun += Duration::from_secs_f64(now / 1000.0);
        self.locks.shift(now);
        self.waits.shift(now);
        self.last = 0.0;
    }

    /// Bytes of temporary files since the last cut.
    fn temp(&mut self, after: &State) -> Option<u64> {
        let Some(log) = &self.look.log else { return u64::try_from(after.temp - self.before.temp).ok() };
        let (bytes, length) = logged(log, self.log_read)?;
        self.log_read = length;
        Some(bytes)
    }

    fn wanted(&mut self) -> BTreeSet<(String, LockMode)> {
        let named = |(oid, mode): (u32, LockMode)| Some((self.before.relations.get(&oid)?.name.clone(), mode));
        std::mem::take(&mut self.wanted).into_iter().filter_map(named).collect()
    }

    fn held(&mut self, after: &State, now: f64) -> Vec<Held> {
        let mut by_relation: HashMap<(u32, LockMode), Sum> = HashMap::new();
        for ((_, relation, mode), sum) in self.locks.cut(now) {
            let all = by_relation.entry((relation, mode)).or_default();
            *all = all.with(sum);
        }
        let held = |((oid, mode), sum): ((u32, LockMode), Sum)| {
            let before = self.before.relations.get(&oid);
            let relation = before.or_else(|| after.relations.get(&oid))?;
            Some(Held {
                relation: relation.name.clone(),
                kind: relation.kind,
                mode,
                longest_ms: sum.longest,
                total_ms: sum.total,
                times: sum.times,
                was_there: before.is_some(),
            })
        };
        let mut all: Vec<Held> = by_relation.into_iter().filter_map(held).collect();
        all.sort_by(|a, b| a.relation.cmp(&b.relation).then_with(|| b.mode.cmp(&a.mode)));
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
        if failed && self.connection.client.is_closed() { PATIENCE } else { self.look.every }
    }
}

/// A lock as a look saw it.
struct Seen {
    pid: i32,
    relation: Option<u32>,
    mode: Option<LockMode>,
    granted: bool,
    mine: bool,
    blockers: Vec<i32>,
}

impl Seen {
    fn read(row: &Row) -> Self {
        Self {
            pid: row.get::<_, Option<i32>>(0).unwrap_or_default(),
            relation: row.get(1),
            mode: row.get::<_, Option<&str>>(2).and_then(LockMode::read),
            granted: row.get(3),
            mine: row.get::<_, Option<bool>>(4).unwrap_or_default(),
            blockers: row.get::<_, Option<Vec<i32>>>(5).unwrap_or_default(),
        }
    }

    fn lock(&self) -> Option<Lock> {
        let (relation, mode) = self.on_relation().filter(|_| self.mine && self.granted)?;
        Some((self.pid, relation, mode))
    }

    fn on_relation(&self) -> Option<(u32, LockMode)> {
        Some((self.relation?, self.mode?))
    }
}

/// The sessions that wait for one of the watched ones, or for one that does.
fn blocked(seen: &[Seen]) -> HashSet<i32> {
    let waiting: Vec<&Seen> = seen.iter().filter(|one| !one.granted).collect();
    let mine: HashSet<i32> = seen.iter().filter(|one| one.mine).map(|one| one.pid).collect();
    let mut found: HashSet<i32> = HashSet::new();
    loop {
        let length = found.len();
        for one in waiting.iter().filter(|one| !one.mine) {
            if one.blockers.iter().any(|pid| mine.contains(pid) || found.contains(pid)) {
                found.insert(one.pid);
            }
        }
        if found.len() == length {
            return found;
        }
    }
}

fn broken(error: &tokio_postgres::Error) -> Failure {
    Failure::internal("rehearse.trace", format!("watching the server fails: {}", crate::error::text(error)))
}
