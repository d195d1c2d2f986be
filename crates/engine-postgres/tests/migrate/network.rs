//! What stands between dbwright and the server: a pooler, and a network that stands still.

use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use dbwright_core::progress::{Progress, Silent};
use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind};
use dbwright_engine_postgres::Postgres;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::run;
use dbwright_migrate::{OnlineDdl as _, Session};
use dbwright_testkit::{Database, Proxy, Scratch, is_skipped, launch, majors, programs, sql};

use crate::common::{cell, migration, options};

/// A pooler before the test server; ended with this value.
struct Pooler {
    url: String,
    child: Child,
    _folder: Scratch,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended by itself
        let _ = self.child.wait();
    }
}

fn port_of(url: &str) -> u16 {
    let host = url.rsplit('@').next().and_then(|rest| rest.split('/').next()).expect("host and port");
    host.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
}

fn pooler(database: &Database, mode: &str, size: u32) -> Pooler {
    let (folder, server) = (Scratch::new(), port_of(&database.url));
    let started = launch::on_a_free_port(|port| {
        let file = folder.path().join("pgbouncer.ini");
        let users = folder.path().join("users.txt");
        std::fs::write(&users, "\"postgres\" \"\"\n").map_err(|e| e.to_string())?;
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\ndefault_pool_size = {size}\n\
             query_wait_timeout = 30\nignore_startup_parameters = extra_float_digits\n",
            users.display()
        );
        std::fs::write(&file, text).map_err(|e| e.to_string())?;
        let url = format!("postgresql://postgres@127.0.0.1:{port}/{}", database.name);
        let mut command = Command::new(programs("pgbouncer").join("pgbouncer"));
        let child =
            launch::launch(command.arg(&file), &folder.path().join("log"), || sql::query(&url, "SELECT 1").is_ok())?;
        Ok((url, child))
    });
    let (url, child) = started.unwrap_or_else(|reason| panic!("no pooler: {reason}"));
    Pooler { url, child, _folder: folder }
}

async fn session(url: &str, options: &OpenOptions) -> Result<Box<dyn Session>, Failure> {
    Postgres.open(&Address::parse(url).expect("an address"), options, &Silent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_gives_sessions_out_by_the_transaction_is_noticed() {
    if is_skipped("pgbouncer") {
        return;
    }
    let major = majors().expect("majors")[0];
    let database = Database::create(major);
    let change = [migration("1", "CREATE TABLE a (i int)", None)];
    for size in [1, 5] {
        let pooler = pooler(&database, "transaction", size);
        for _ in 0..3 {
            let failure = session(&pooler.url, &OpenOptions::default()).await.err().expect("refused");
            assert_eq!(failure.code, "migrate.pooler", "{failure:?}");
        }
        let reading = OpenOptions { read_only: true, ..OpenOptions::default() };
        let mut looking = session(&pooler.url, &reading).await.expect("what changes nothing may go through it");
        run::preview(looking.as_mut(), &change, &options()).await.expect("a plan");
        assert_eq!(cell(&database.url, "SELECT to_regnamespace('dbwright') IS NULL"), "t");
    }
    let pooler = pooler(&database, "session", 5);
    let mut whole = session(&pooler.url, &OpenOptions::default()).await.expect("a session of its own");
    run::apply(whole.as_mut(), &change, &options(), &Silent).await.expect("applied");
    assert_eq!(cell(&database.url, "SELECT to_regclass('a') IS NOT NULL"), "t");
}

/// Lets nothing through any more after a number of points of the work.
struct Still {
    left: AtomicU32,
    still: Arc<AtomicBool>,
}

impl Progress for Still {
    fn stage(&self, _what: &str, _total: Option<u64>) {}

    fn step(&self, _done: u64) {}

    fn point(&self, _name: &str) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.still.store(true, Ordering::SeqCst);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_stands_still_ends_the_run_and_its_locks() {
    let major = majors().expect("majors")[0];
    let database = Database::create(major);
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, n FROM generate_series(1, 2000) n",
    );
    let change = [migration("1", "ALTER TABLE t ALTER COLUMN v TYPE bigint", None)];
    let quick = OpenOptions {
        connect_timeout: Duration::from_secs(1),
        reconnect: Duration::from_secs(3),
        ..OpenOptions::default()
    };
    for after in [1, 4] {
        let (still, gone) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (wait, end) = (Arc::clone(&still), Arc::clone(&gone));
        let proxy = Proxy::new(port_of(&database.url), move |_| {
            while wait.load(Ordering::SeqCst) && !end.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
            !end.load(Ordering::SeqCst)
        });
        let url = format!("postgresql://postgres@127.0.0.1:{}/{}", proxy.port, database.name);
        let mut through = session(&url, &quick).await.expect("open");
        let progress = Still { left: AtomicU32::new(after), still };
        let failure = run::apply(through.as_mut(), &change, &options(), &progress).await.expect_err("cut");
        assert_eq!(failure.kind, FailureKind::Unreachable, "{failure:?}");
        drop(through);
        let held = "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND mode = 'AccessExclusiveLock'";
        while cell(&database.url, held) != "0" {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        gone.store(true, Ordering::SeqCst);
        let mut direct = session(&database.url, &OpenOptions::default()).await.expect("open");
        run::resume(direct.as_mut(), &change, &options(), &Silent).await.expect("resumed");
        run::undo(direct.as_mut(), &change, &options(), &Silent).await.expect("undone");
    }
    assert_eq!(cell(&database.url, "SELECT count(*) || ' ' || pg_typeof(max(v)) FROM t"), "2000 integer");
}
