//! The thread that looks.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::target::Address;
use dbwright_migrate::rehearse::spans::{Spans, Sum};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant as Moment, sleep_until};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::files::{State, logged};
use super::{Blocked, Held, LockMode, Look, Trace, Who};
use crate::connect::Connection;

/// How long the server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// Changes of the queue's length that are kept, at most.
const QUEUE: usize = 20_000;

/// Everybody who waits, and the relation locks of those who are watched.
const LOCKS: &str = "\
WITH mine AS MATERIALIZED (SELECT a.pid FROM pg_catalog.pg_stat_activity a WHERE {WHO})
SELECT l.pid, l.relation, l.mode, l.granted, l.pid IN (SELECT pid FROM mine),
       CASE WHEN NOT l.granted THEN pg_catalog.pg_blocking_pids(l.pid) END
FROM pg_catalog.pg_locks l
WHERE l.pid <> pg_catalog.pg_backend_pid() AND (NOT l.granted OR l.locktype = 'relation' AND l.relation >= 16384
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND l.pid IN (SELECT pid FROM mine))";

type Order = oneshot::Sender<Result<Trace, Failure>>;

/// Looks until nobody can give orders any more.
pub(super) fn run(
    address: &Address,
    who: Who,
    look: Look,
    ready: oneshot::Sender<Result<(), Failure>>,
    mut orders: mpsc::UnboundedReceiver<Order>,
) {
    let work = async {
        match Watcher::begin(address, who, look).await {
            Ok(mut watcher) => {
                // Who does not wait for it has gone, and then there are no orders either.
                let _ = ready.send(Ok(()));
                watcher.watch(&mut orders).await;
            }
            Err(failure) => drop(ready.send(Err(failure))),
        }
    };
    // Without a runtime nothing is sent, and whoever waits is told that the watcher is gone.
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        runtime.block_on(work);
    }
}

/// A lock of a session on a relation.
type Lock = (i32, u32, LockMode);

struct Watcher {
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
    others: Spans<i32>,
    queue: Vec<(f64, usize)>,
    looks: u64,
}

impl Watcher {
    async fn begin(address: &Address, who: Who, look: Look) -> Result<Self, Failure> {
        let connection = crate::connect::open(address, PATIENCE).await?;
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
            others: Spans::default(),
            queue: Vec::new(),
            looks: 0,
        })
    }

    async fn watch(&mut self, orders: &mut mpsc::UnboundedReceiver<Order>) {
        let mut next = Moment::now();
        loop {
            let order = tokio::select! {
                biased;
                order = orders.recv() => order,
                () = sleep_until(next) => {
                    // A broken connection shows itself at the next order.
                    if self.look().await.is_err() && self.connection.client.is_closed() {
                        next = Moment::now() + PATIENCE;
                    } else {
                        next = Moment::now() + self.look.every;
                    }
                    continue;
                }
            };
            let Some(answer) = order else { return };
            let trace = self.cut().await.map_err(|e| broken(&e));
            let _ = answer.send(trace);
        }
    }

    fn now(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }

    async fn look(&mut self) -> Result<(), tokio_postgres::Error> {
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
        let blocked = blocked(&seen);
        let length = blocked.len();
        if self.queue.last().map_or(0, |(_, length)| *length) != length && self.queue.len() < QUEUE {
            self.queue.push((now, length));
        }
        self.others.look(self.last, now, blocked);
        self.last = begun;
        self.looks += 1;
        Ok(())
    }

    async fn cut(&mut self) -> Result<Trace, tokio_postgres::Error> {
        self.look().await?;
        let after = State::read(&self.connection.client).await?;
        let (now, temp) = (self.now(), self.temp(&after));
        let locks = self.held(&after, now);
        let waited = self.waits.cut(now).into_values().fold(Sum::default(), Sum::with);
        let others = self.others.cut(now).into_values().fold(Sum::default(), Sum::with);
        let still = self.queue.last().map_or(0, |(_, length)| *length);
        let queue = std::mem::take(&mut self.queue);
        let trace = Trace {
            ms: now,
            locks,
            wanted: self.wanted(),
            waited_ms: waited.total,
            blocked: Blocked {
                longest_ms: others.longest,
                total_ms: others.total,
                most: queue.iter().map(|(_, length)| *length).max().unwrap_or(0),
                queue,
            },
            rewritten: self.before.rewritten(&after),
            wal_bytes: u64::try_from(after.wal - self.before.wal).unwrap_or(0),
            temp_bytes: temp,
            looks: std::mem::take(&mut self.looks),
        };
        self.begin_again(after, now, still);
        Ok(trace)
    }

    /// The next watch begins now; its times count from here.
    fn begin_again(&mut self, after: State, now: f64, still: usize) {
        self.before = after;
        self.begun += Duration::from_secs_f64(now / 1000.0);
        self.locks.shift(now);
        self.waits.shift(now);
        self.others.shift(now);
        self.last = 0.0;
        if still > 0 {
            self.queue.push((0.0, still));
        }
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
