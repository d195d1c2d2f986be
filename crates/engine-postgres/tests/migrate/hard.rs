//! Targets and moments that make it hard.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dbwright_core::progress::{Progress, Silent};
use dbwright_core::target::Address;
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::lab::{Lab, LabOptions};
use dbwright_migrate::plan::{Back, Backfill, KeyColumn, Lock, Phase, Planned, Step, Work};
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::run::{self, Options};
use dbwright_migrate::{Limits, Migration, OnlineDdl as _};
use dbwright_testkit::{Database, majors, postgres_bin, sql};

use crate::child::verb;
use crate::common::{Plans, cell, migration, open, options, states};
use crate::scenario;
use crate::trap::Trap;

fn none() -> Arc<Plans> {
    Arc::new(Plans::new())
}

/// One statement with one step of the test's own.
fn single(sql: &str, work: Work, mode: &str) -> (Migration, Arc<Plans>) {
    let step = Step {
        title: "the step".to_owned(),
        phase: Phase::Expand,
        work,
        back: Back::nothing(),
        lock: Lock { mode: mode.to_owned(), objects: vec!["public.t".to_owned()], ..Lock::default() },
        estimate_ms: None,
    };
    let planned = Planned {
        statement: sql.to_owned(),
        line: 1,
        method: "by-hand".to_owned(),
        steps: vec![step],
        notes: Vec::new(),
        blocking: None,
        later: None,
    };
    (migration("1", sql, None), Arc::new(HashMap::from([(sql.to_owned(), planned)])))
}

fn transaction(statement: &str) -> Work {
    Work::Transaction { statements: vec![statement.to_owned()], require: Vec::new() }
}

/// The URL of the same database for another role.
fn as_role(database: &Database, role: &str) -> String {
    let (scheme, rest) = database.url.split_once("://").expect("a URL");
    let (_, place) = rest.split_once('@').expect("it names a role");
    format!("{scheme}://{role}:secret@{place}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_says_who_is_at_work() {
    let database = Database::create(17);
    let mut first = open(&database.url, &none()).await.expect("open");
    dbwright_migrate::Session::lock(&mut first, Duration::ZERO, &Silent).await.expect("free");
    let mut second = open(&database.url, &none()).await.expect("open");
    let wait = Options { lock_wait: Duration::from_millis(300), ..options() };
    let failure = run::apply(&mut second, &[], &wait, &Silent).await.expect_err("locked");
    assert_eq!(failure.code, "migrate.locked");
    assert!(failure.message.contains("pid ") && failure.message.contains("(dbwright, role "), "{}", failure.message);
    drop(first);
    let patient = Trap::harmless();
    run::apply(&mut second, &[], &options(), &patient).await.expect("free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_a_role_end_no_step() {
    for major in majors().expect("majors") {
        let database = Database::create(major);
        let role = format!("{}_tight", database.name);
        database.execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE {0} TO {role}; \
             GRANT CREATE ON SCHEMA public TO {role}; \
             ALTER ROLE {role} SET statement_timeout = '20ms'; ALTER ROLE {role} SET lock_timeout = '1ms'; \
             ALTER ROLE {role} SET idle_in_transaction_session_timeout = '5ms'; \
             ALTER ROLE {role} SET default_transaction_read_only = on; \
             ALTER ROLE {role} SET default_transaction_isolation = 'serializable'",
            database.name
        ));
        let url = as_role(&database, &role);
        let mut session = open(&url, &none()).await.expect("open");
        let slow = [migration("1", "CREATE TABLE t AS SELECT 1 AS i FROM pg_sleep(0.1)", None)];
        let done = run::apply(&mut session, &slow, &options(), &Silent).await;
        assert!(done.is_ok(), "{done:?}");
        drop(session);
        database.execute(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_privilege_is_named_with_its_grant() {
    let database = Database::create(17);
    let role = format!("{}_poor", database.name);
    database.execute(&format!("CREATE TABLE t (i int); CREATE ROLE {role} LOGIN PASSWORD 'secret'"));
    let url = as_role(&database, &role);
    let mut session = open(&url, &none()).await.expect("open");
    let migrations = [migration("1", "ALTER TABLE t ADD COLUMN j int", None)];
    let failure = run::apply(&mut session, &migrations, &options(), &Silent).await.expect_err("no right");
    assert_eq!(failure.code, "migrate.privilege");
    assert!(failure.hints.iter().any(|hint| hint.contains("GRANT CREATE ON DATABASE")), "{failure:?}");
    database.execute(&format!("GRANT CREATE ON DATABASE {} TO {role}", database.name));
    let failure = run::apply(&mut session, &migrations, &options(), &Silent).await.expect_err("not the owner");
    assert_eq!(failure.code, "migrate.privilege");
    assert!(failure.message.contains("must be owner of table t"), "{failure:?}");
    drop(session);
    database.execute(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_a_lock_is_named_and_patience_ends() {
    let database = Database::create(15);
    database.execute("CREATE TABLE t (i int)");
    let url = database.url.clone();
    let holder = std::thread::spawn(move || {
        sql::execute(&url, "SET application_name = 'report'; BEGIN; SELECT * FROM t; SELECT pg_sleep(6); COMMIT")
    });
    let seen = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
        WHERE a.application_name = 'report' AND l.relation = 't'::regclass";
    while cell(&database.url, seen) == "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (migration, plans) =
        single("ALTER TABLE t ADD j int", transaction("ALTER TABLE t ADD j int"), "ACCESS EXCLUSIVE");
    let mut session = open(&database.url, &plans).await.expect("open");
    let limits = Limits { lock_patience: Duration::from_secs(2), ..options().limits };
    let impatient = Options { limits, ..options() };
    let trap = Trap::harmless();
    let failure =
        run::apply(&mut session, std::slice::from_ref(&migration), &impatient, &trap).await.expect_err("held");
    assert_eq!(failure.code, "migrate.busy");
    assert!(failure.message.contains("ACCESS EXCLUSIVE on public.t"), "{failure:?}");
    assert!(failure.hints.iter().any(|hint| hint.contains("report") && hint.contains("pid ")), "{failure:?}");
    assert!(trap.notes().iter().any(|note| note.contains("the step waits for pid")), "{:?}", trap.notes());
    run::resume(&mut session, &[migration], &options(), &Silent).await.expect("free after a while");
    holder.join().expect("it held").expect("it ended well");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_waits_for_old_transactions_and_says_for_whom() {
    let database = Database::create(18);
    database.execute("CREATE TABLE t (i int); CREATE TABLE other (i int)");
    let url = database.url.clone();
    let holder = std::thread::spawn(move || {
        let old = "SET application_name = 'old one'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM other; \
            SELECT pg_sleep(3); COMMIT";
        sql::execute(&url, old)
    });
    let seen = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'old one' AND backend_xmin IS NOT NULL";
    while cell(&database.url, seen) == "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let work = Work::Alone {
        statement: "CREATE INDEX CONCURRENTLY t_i ON t (i)".to_owned(),
        done: "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('t_i') AND indisvalid)".to_owned(),
        clear: Vec::new(),
    };
    let (migration, plans) = single("CREATE INDEX t_i ON t (i)", work, "SHARE UPDATE EXCLUSIVE");
    let mut session = open(&database.url, &plans).await.expect("open");
    let trap = Trap::harmless();
    run::apply(&mut session, &[migration], &options(), &trap).await.expect("built");
    assert!(trap.notes().iter().any(|note| note.contains("old one")), "{:?}", trap.notes());
    holder.join().expect("it held").expect("it ended well");
}

/// Asks to stop after a number of batches.
struct Impatient(AtomicU32);

impl Progress for Impatient {
    fn stage(&self, _what: &str, _total: Option<u64>) {}

    fn step(&self, _done: u64) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    fn cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_backfill_goes_on_where_it_stopped() {
    let database = Database::create(17);
    database.execute(&scenario::table(2_000));
    let failure = verb(&database.url, "apply", &Impatient(AtomicU32::new(3))).await.expect_err("stopped");
    assert_eq!(failure.code, "migrate.stopped");
    let moved: u64 =
        cell(&database.url, "SELECT count(*) FROM t WHERE dbwright_v IS NOT NULL").parse().expect("a number");
    let position = cell(&database.url, "SELECT position FROM dbwright.steps WHERE position IS NOT NULL");
    assert!((300..2_000).contains(&moved) && position.contains("after"), "{moved} {position}");
    verb(&database.url, "resume", &Silent).await.expect("resumed");
    assert_eq!(cell(&database.url, "SELECT count(*) FROM t WHERE dbwright_v IS DISTINCT FROM v"), "0");
    assert!(states(&database.url).iter().filter(|state| *state == "done").count() >= 4);
}

fn filling(key: &[(&str, &str)], table: &str) -> Work {
    let column = |(name, ty): &(&str, &str)| KeyColumn { name: (*name).to_owned(), ty: (*ty).to_owned() };
    Work::Backfill(Backfill {
        table: table.to_owned(),
        only: false,
        key: key.iter().map(column).collect(),
        batch: format!("UPDATE {table} s SET done = done + 1 WHERE {{range}}"),
        before_batch: Vec::new(),
        rows: None,
        verify: Vec::new(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_every_kind_reach_every_row_once() {
    let hostile = "\"Odd \"\"🐘\"\" t\"";
    let rows = "SELECT chr(97 + i % 7) || CASE i % 5 WHEN 0 THEN '''' WHEN 1 THEN '\\' WHEN 2 THEN 'É' WHEN 3 THEN ' ' ELSE '' END, \
        (i / 3 % 11)::numeric / 7, timestamptz '2020-01-01' + i * interval '1.000001 s', 0 FROM generate_series(1, 3000) i";
    for major in majors().expect("majors") {
        let database = Database::create(major);
        database.execute(&format!(
            "CREATE TABLE {hostile} (\"K a\" text, b numeric, c timestamptz, done int, PRIMARY KEY (\"K a\", b, c)); \
             INSERT INTO {hostile} {rows}"
        ));
        let key = [("\"K a\"", "text"), ("b", "numeric"), ("c", "timestamptz")];
        let (migration, plans) = single("SELECT 1", filling(&key, hostile), "");
        let mut session = open(&database.url, &plans).await.expect("open");
        run::apply(&mut session, &[migration], &options(), &Silent).await.expect("filled");
        assert_eq!(
            cell(&database.url, &format!("SELECT count(*) || ' ' || sum(done) || ' ' || max(done) FROM {hostile}")),
            "3000 3000 1"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_a_key_is_walked_by_pages() {
    let database = Database::create(15);
    database.execute(
        "CREATE TABLE t (i int, done int NOT NULL); INSERT INTO t SELECT i, 0 FROM generate_series(1, 5000) i",
    );
    let work = Work::Backfill(Backfill {
        batch: "UPDATE t s SET done = 1 WHERE {range} AND s.done = 0".to_owned(),
        key: Vec::new(),
        table: "t".to_owned(),
        only: false,
        before_batch: Vec::new(),
        rows: None,
        verify: Vec::new(),
    });
    let (migration, plans) = single("SELECT 1", work, "");
    let mut session = open(&database.url, &plans).await.expect("open");
    run::apply(&mut session, &[migration], &options(), &Silent).await.expect("filled");
    assert_eq!(cell(&database.url, "SELECT count(*) || ' ' || sum(done) FROM t"), "5000 5000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_pauses_and_what_was_done_stays() {
    let database = Database::create(17);
    // What the server says when a write fails for want of room; it says so until there is some.
    database.execute(
        "CREATE TABLE room (free boolean); INSERT INTO room VALUES (false); CREATE TABLE t (i int); \
         CREATE FUNCTION need_room() RETURNS void LANGUAGE plpgsql AS $$BEGIN \
         IF NOT (SELECT free FROM room) THEN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; \
         END IF; END$$",
    );
    let (migration, plans) = single("SELECT need_room()", transaction("SELECT need_room()"), "");
    let mut session = open(&database.url, &plans).await.expect("open");
    let hasty = Options { limits: Limits { patience: Duration::ZERO, ..options().limits }, ..options() };
    let failure =
        run::apply(&mut session, std::slice::from_ref(&migration), &hasty, &Silent).await.expect_err("no room");
    assert_eq!(failure.code, "migrate.full");
    let url = database.url.clone();
    let maker = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        sql::execute(&url, "UPDATE room SET free = true")
    });
    let trap = Trap::harmless();
    run::resume(&mut session, &[migration], &options(), &trap).await.expect("there is room");
    assert!(trap.notes().iter().any(|note| note.starts_with("paused: could not extend file")), "{:?}", trap.notes());
    maker.join().expect("ran").expect("made room");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_forbids_a_step_forbids_it_before_anything_is_done() {
    let database = Database::create(17);
    let mut session = open(&database.url, &none()).await.expect("open");
    let migrations = [
        migration("1", "CREATE TABLE a (i int)", None),
        migration("2", "INSERT INTO pg_temp.nowhere VALUES (1)", None),
    ];
    let strict = Options { reversible_only: true, ..options() };
    let failure = run::apply(&mut session, &migrations, &strict, &Silent).await.expect_err("can't be undone");
    assert_eq!(failure.code, "migrate.irreversible");
    assert!(failure.excerpt.is_some_and(|text| text.contains("2_test.sql:1")));
    assert_eq!(
        cell(&database.url, "SELECT to_regclass('a') IS NULL AND to_regclass('dbwright.migrations') IS NULL"),
        "t"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_sets_holds_after_an_interruption_and_not_for_the_next_file() {
    let database = Database::create(17);
    database.execute("CREATE SCHEMA other");
    let planned = |sql: &str, method: &str| {
        let (_, plans) = single(sql, transaction(sql), "");
        (sql.to_owned(), Planned { method: method.to_owned(), ..plans[sql].clone() })
    };
    let (set, broken, make) = ("SET search_path TO other", "SELECT 1 / 0", "CREATE TABLE made (i int)");
    let plans = [planned(set, "session"), planned(broken, "as-is"), planned(make, "as-is")];
    let plans = Arc::new(HashMap::from(plans));
    let first = [migration("1", &format!("{set};{broken};"), None)];
    let mut session = open(&database.url, &plans).await.expect("open");
    run::apply(&mut session, &first, &options(), &Silent).await.expect_err("it divides by zero");
    drop(session);
    let both = [migration("1", &format!("{set};{make};"), None), migration("2", "CREATE TABLE next (i int)", None)];
    let mut session = open(&database.url, &plans).await.expect("open");
    run::resume(&mut session, &both, &options(), &Silent).await.expect("mended");
    run::apply(&mut session, &both, &options(), &Silent).await.expect("applied");
    let there = "SELECT to_regclass('other.made') IS NOT NULL AND to_regclass('public.next') IS NOT NULL";
    assert_eq!(cell(&database.url, there), "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_went_back_changes_no_order() {
    let database = Database::create(17);
    let both = [migration("1", "CREATE TABLE one (i int)", None), migration("2", "CREATE TABLE two (i int)", None)];
    let mut session = open(&database.url, &none()).await.expect("open");
    run::apply(&mut session, &both[..1], &options(), &Silent).await.expect("applied");
    // The first was carried out while the clock was a day ahead.
    database.execute(
        "UPDATE dbwright.migrations SET started_at = started_at + interval '1 day', applied_at = applied_at + interval '1 day'; \
         UPDATE dbwright.steps SET started_at = started_at + interval '1 day'",
    );
    run::apply(&mut session, &both, &options(), &Silent).await.expect("applied");
    let status = run::status(&mut session, &both).await.expect("status");
    let versions: Vec<_> = status.migrations.iter().map(|line| line.version.as_str()).collect();
    assert_eq!(versions, ["1", "2"]);
    assert!(status.migrations.iter().all(|line| line.execution_time_ms.is_none_or(|ms| ms >= 0)));
    run::undo(&mut session, &both, &options(), &Silent).await.expect("undone");
    assert_eq!(cell(&database.url, "SELECT to_regclass('one') IS NOT NULL AND to_regclass('two') IS NULL"), "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_started_as_a_standby_is_left_alone_until_it_is_promoted() {
    let options_of_lab = LabOptions { programs: vec![postgres_bin(17)], durable: true, ..LabOptions::default() };
    let mut lab = Lab::start(&options_of_lab, &Silent).await.expect("a lab");
    lab.create_database("shop").await.expect("made");
    lab.execute("shop", &scenario::table(300)).await.expect("filled");
    let url = lab.url("shop");
    // Begun while it was the primary; it ends before the switch.
    let failure = verb(&url, "apply", &Impatient(AtomicU32::new(2))).await.expect_err("stopped");
    assert_eq!(failure.code, "migrate.stopped");
    let signal = lab.data().join("standby.signal");
    std::fs::write(&signal, "").expect("written");
    std::fs::set_permissions(&signal, std::fs::Permissions::from_mode(0o666)).expect("changed");
    lab.crash(&Silent).await.expect("it starts again");
    for name in ["apply", "resume", "undo"] {
        let failure = verb(&url, name, &Silent).await.expect_err(name);
        assert_eq!(failure.code, "migrate.standby", "{name}: {failure:?}");
    }
    let reading = OpenOptions { read_only: true, ..OpenOptions::default() };
    let address = Address::parse(&url).expect("an address");
    let mut session = Postgres.open(&address, &reading, &Silent).await.expect("it can be read");
    let status = run::status(session.as_mut(), &[scenario::change()]).await.expect("status");
    assert_eq!(status.migrations.len(), 1);
    drop(session);
    lab.execute("shop", "SELECT pg_promote()").await.expect("promoted");
    verb(&url, "resume", &Silent).await.expect("resumed");
    assert_eq!(cell(&url, "SELECT count(*) FROM t WHERE v IS DISTINCT FROM dbwright_v"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_between_two_steps_is_waited_for() {
    let programs = LabOptions { programs: vec![postgres_bin(17)], durable: true, ..LabOptions::default() };
    let mut lab = Lab::start(&programs, &Silent).await.expect("a lab");
    lab.create_database("shop").await.expect("made");
    lab.execute("shop", &scenario::table(300)).await.expect("filled");
    let url = lab.url("shop");
    let failure = verb(&url, "apply", &Impatient(AtomicU32::new(2))).await.expect_err("stopped");
    assert_eq!(failure.code, "migrate.stopped");
    lab.crash(&Silent).await.expect("it starts again");
    verb(&url, "resume", &Silent).await.expect("resumed");
    verb(&url, "contract", &Silent).await.expect("finished");
    assert_eq!(cell(&url, "SELECT count(*) || ' ' || pg_typeof(max(v)) FROM t"), "300 bigint");
}
