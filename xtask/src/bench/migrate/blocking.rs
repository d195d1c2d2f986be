//! int → bigint of a primary key that two tables refer to, under a load; beside it the plain statement.

use std::thread::sleep;
use std::time::{Duration, Instant};

use dbwright_engine_postgres::migrate::rehearse::load;
use dbwright_engine_postgres::migrate::rehearse::trace::{Look, Trace, Tracer, Who};
use dbwright_migrate::rehearse::LoadRun;
use dbwright_testkit::sql::execute;

use super::{Bench, wait};
use crate::Done;
use crate::bench::report::Figure;

/// Sessions of the load.
const CLIENTS: usize = 8;
/// What each waits between two statements.
const PAUSE: Duration = Duration::from_millis(10);
/// How long the load is measured before the change.
const BEFORE: Duration = Duration::from_secs(20);
/// The tables of the load.
const TABLES: [&str; 3] = ["public.accounts", "public.cards", "public.moves"];
/// What a statement may be blocked for: a second, and the lock timeout.
const LIMIT_MS: f64 = 1_250.0;
/// The change.
const CHANGE: &str = "ALTER TABLE accounts ALTER COLUMN id TYPE bigint;\n";

/// The figures.
pub(super) fn figures(bench: &Bench<'_>, rows: u64) -> Done<Vec<Figure>> {
    let database = bench.database();
    make(&database.url, rows)?;
    let online = measured(&database.url, || bench.apply(&database.url, CHANGE, &[])?.map(drop))?;
    drop(database);
    let database = bench.database();
    make(&database.url, rows)?;
    let naive =
        measured(&database.url, || execute(&database.url, &format!("SET application_name = 'dbwright'; {CHANGE}")))?;
    let ratio = online.during.p99_ms / online.before.p99_ms.max(0.001);
    Ok(vec![
        Figure::new("int → bigint key: rows", rows as f64, "rows"),
        Figure::new("int → bigint key: the whole change", online.seconds, "s"),
        Figure::new("int → bigint key: longest that a statement was blocked", online.trace.blocked.longest_ms, "ms")
            .below(LIMIT_MS),
        Figure::new("int → bigint key: the load's slowest statement", online.during.longest_ms, "ms"),
        Figure::new("int → bigint key: statements of the load that failed", online.during.failed as f64, "statements")
            .below(1.0),
        Figure::new("int → bigint key: statements of the load", online.during.statements as f64, "statements"),
        Figure::new("int → bigint key: p99 before", online.before.p99_ms, "ms"),
        Figure::new("int → bigint key: p99 during", online.during.p99_ms, "ms"),
        Figure::new("int → bigint key: p99 during over before", ratio, "times").below(2.0),
        Figure::new("the plain statement: longest that a statement was blocked", naive.trace.blocked.longest_ms, "ms"),
        Figure::new("the plain statement: the load's slowest statement", naive.during.longest_ms, "ms"),
        Figure::new("the plain statement: most that waited at once", naive.trace.blocked.most as f64, "sessions"),
    ])
}

fn make(url: &str, rows: u64) -> Done {
    eprintln!("making {rows} rows");
    let half = rows / 2;
    execute(
        url,
        &format!(
            "CREATE TABLE accounts (id serial PRIMARY KEY, owner text NOT NULL, balance int NOT NULL DEFAULT 0, made timestamptz \
               NOT NULL DEFAULT now());
             CREATE TABLE cards (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id int NOT NULL, number text NOT NULL);
             CREATE TABLE moves (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id int NOT NULL, amount int NOT NULL);
             INSERT INTO accounts (owner) SELECT 'owner ' || n FROM generate_series(1, {rows}) n;
             INSERT INTO cards (account_id, number) SELECT 1 + n % {rows}, 'card ' || n FROM generate_series(1, {half}) n;
             INSERT INTO moves (account_id, amount) SELECT 1 + (n * 7) % {rows}, n FROM generate_series(1, {half}) n;
             CREATE INDEX ON accounts (owner); CREATE INDEX ON cards (account_id); CREATE INDEX ON moves (account_id);
             ALTER TABLE cards ADD FOREIGN KEY (account_id) REFERENCES accounts;
             ALTER TABLE moves ADD FOREIGN KEY (account_id) REFERENCES accounts;"
        ),
    )?;
    execute(url, "VACUUM (ANALYZE)")?;
    execute(url, "CHECKPOINT")
}

/// What a change did to the load.
struct Measured {
    seconds: f64,
    before: LoadRun,
    during: LoadRun,
    trace: Trace,
}

fn measured(url: &str, change: impl FnOnce() -> Done) -> Done<Measured> {
    let load = wait(load::on(url, &TABLES, CLIENTS, PAUSE))?;
    sleep(Duration::from_secs(3)); // caches fill
    // It looks at the server all the time, which must not count as the change's doing.
    let look = Look { every: Duration::from_millis(10), log: None };
    let tracer = wait(Tracer::start_with(url, Who::Application("dbwright".to_owned()), look))?;
    let from = load.now();
    sleep(BEFORE);
    let before = load.between(from, load.now());
    let (from, begun) = (load.now(), Instant::now());
    change()?;
    let (to, seconds) = (load.now(), begun.elapsed().as_secs_f64());
    // Statements that were blocked to the end have ended by now, too.
    sleep(Duration::from_millis(500));
    let trace = wait(tracer.cut())?;
    Ok(Measured { seconds, before, during: load.between(from, to + 400.0), trace })
}
