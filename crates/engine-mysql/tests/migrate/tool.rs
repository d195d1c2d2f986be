//! Copies by pt-online-schema-change, as tests fetch it. A writer remembers what was acknowledged; the tool and dbwright are
//! killed in the middle; nothing is lost, and nothing is left.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::progress::{Progress, Silent};
use dbwright_core::target::Address;
use dbwright_engine_mysql::MySql;
use dbwright_migrate::plan::{Planned, Work};
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::run::{self, Options, Outcome};
use dbwright_migrate::{Limits, OnlineDdl, Session};
use dbwright_testkit::my::writer::MyWriter;
use dbwright_testkit::writer::Columns;
use dbwright_testkit::{MyDatabase, engines, is_skipped, programs};

use crate::child::Order;
use crate::common::{cell, leftovers, migration, schema};
use crate::trap::Trap;

/// What the server does only by copying, and our own copy can't do: a foreign key of its own that changes its rows.
pub(crate) const UP: &str =
    "ALTER TABLE t MODIFY note varchar(400) CHARACTER SET utf8mb4, ADD COLUMN tier int NOT NULL DEFAULT 3";

pub(crate) const PT: &str = "pt-online-schema-change";

/// The folder of Percona's tool; none where it is left out on request.
fn percona() -> Option<PathBuf> {
    (!is_skipped("percona-toolkit")).then(|| programs("percona-toolkit"))
}

/// Rows, a foreign key with CASCADE, a CHECK with a name, and a table that refers to it.
fn tables(thousands: u32) -> String {
    format!(
        "CREATE TABLE p (id int NOT NULL PRIMARY KEY) ENGINE=InnoDB; INSERT INTO p VALUES (1), (2); \
         CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v int NOT NULL DEFAULT 0, p int NOT NULL DEFAULT 1, \
         note varchar(100) CHARACTER SET latin1 DEFAULT 'x', pad varchar(1000) NOT NULL DEFAULT 'pad', KEY (p), \
         CONSTRAINT t_p FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE, CONSTRAINT positive CHECK (v >= 0)) ENGINE=InnoDB; \
         INSERT INTO t (v, note, pad) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         SELECT a.i, 'caf\u{e9}', REPEAT('p', 900) FROM n a JOIN (SELECT i FROM n WHERE i <= {thousands}) b; \
         CREATE TABLE c (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, t int, KEY (t), \
         CONSTRAINT c_t FOREIGN KEY (t) REFERENCES t (id) ON DELETE SET NULL ON UPDATE CASCADE) ENGINE=InnoDB; \
         INSERT INTO c (t) SELECT id FROM t WHERE id % 7 = 0"
    )
}

/// Thousands of rows that take a tool some seconds: its pieces grow with the server's speed, and it tells once a second.
const MANY: u32 = 120;

fn made(engine: &str, thousands: u32) -> MyDatabase {
    let database = MyDatabase::create(engine);
    database.execute(&tables(thousands));
    database.execute("ANALYZE TABLE t");
    database
}

pub(crate) fn columns() -> Columns {
    Columns { table: "t".to_owned(), key: "id".to_owned(), value: "v".to_owned() }
}

/// Small pieces with pauses: there must be a middle, and the tool tells once a second how far it is.
pub(crate) fn slowly() -> Options {
    let limits = Limits {
        first_batch: 50,
        batch: Duration::from_millis(50),
        pause: 5.0,
        waiting: u32::MAX,
        ..Limits::default()
    };
    Options { lock_wait: Duration::from_mins(2), limits, ..Options::default() }
}

async fn open(url: &str, tool: Option<&str>, folder: &Path) -> Result<Box<dyn Session>, Failure> {
    let options =
        OpenOptions { copy_tool: tool.map(str::to_owned), programs: vec![folder.to_owned()], ..OpenOptions::default() };
    MySql.open(&Address::parse(url)?, &options, &Silent).await
}

pub(crate) async fn verb(
    url: &str,
    verb: &str,
    (tool, folder): (Option<&str>, &Path),
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    let mut session = open(url, tool, folder).await?;
    let (migrations, options) = ([migration("1", UP, None)], slowly());
    let session = session.as_mut();
    match verb {
        "apply" => run::apply(session, &migrations, &options, progress).await,
        "contract" => run::contract(session, &migrations, &options, progress).await,
        "resume" => run::resume(session, &migrations, &options, progress).await,
        _ => run::undo(session, &migrations, &options, progress).await,
    }
}

/// Applies within other limits.
pub(crate) async fn apply_with(
    url: &str,
    (tool, folder): (Option<&str>, &Path),
    options: &Options,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    let mut session = open(url, tool, folder).await?;
    run::apply(session.as_mut(), &[migration("1", UP, None)], options, progress).await
}

pub(crate) async fn plan(url: &str, tool: Option<&str>, folder: &Path, up: &str) -> Result<Planned, Failure> {
    let statements = migration("1", up, None).up.statements;
    let mut plans = open(url, tool, folder).await?.plan(&statements).await?;
    Ok(plans.pop().expect("one statement"))
}

/// Nothing lost, doubled or stale, and no statement refused.
pub(crate) fn look(database: &MyDatabase, writer: MyWriter, what: &str) {
    let mut ledger = writer.finish().unwrap_or_else(|reason| panic!("{what}: {reason}"));
    // The tool's own locks and the writer's: of two that wait for each other one is ended, and nothing was done.
    ledger.refused.retain(|reason| !reason.contains("1213") && !reason.contains("1205"));
    assert!(ledger.acknowledged > 0, "{what}: nothing was written");
    assert!(ledger.refused.is_empty(), "{what}: {:?}", &ledger.refused[..ledger.refused.len().min(3)]);
    assert_eq!(ledger.compare(&database.query("SELECT id, v FROM t")), None, "{what}");
}

/// What the tool, or dbwright for it, may have left beside the tables.
pub(crate) fn left(database: &MyDatabase) -> Vec<String> {
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT IN ('t', 'c', 'p')";
    let triggers = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()";
    [tables, triggers].iter().flat_map(|query| database.query(query)).flatten().collect()
}

/// Every child that refers to the table refers to it and to no other.
fn refers(database: &MyDatabase) -> String {
    cell(
        &database.url,
        "SELECT GROUP_CONCAT(CONCAT(table_name, ' ', referenced_table_name) ORDER BY 1) FROM information_schema.key_column_usage \
         WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_copies_under_a_writer_what_our_own_copy_can_not() {
    let Some(folder) = percona() else { return };
    for engine in engines(&["mysql", "mariadb"]) {
        let database = made(engine, 8);
        let own = plan(&database.url, Some("own"), &folder, UP).await.expect("planned");
        assert!(own.blocking.is_some(), "{engine}: our own copy refuses it");
        let planned = plan(&database.url, None, &folder, UP).await.expect("planned");
        assert_eq!(planned.method, PT, "{engine}: {:?}", planned.blocking);
        assert!(planned.notes.iter().any(|note| note.contains("own can't")), "{engine}: {:?}", planned.notes);
        assert!(!planned.notes.iter().any(|note| note.contains("untested")), "{engine}: {:?}", planned.notes);
        let writer = MyWriter::start(&database.url, &columns(), 11);
        verb(&database.url, "apply", (None, &folder), &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(left(&database), ["_t_old"], "{engine}");
        verb(&database.url, "contract", (None, &folder), &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        look(&database, writer, engine);
        assert_eq!(left(&database), [""; 0], "{engine}");
        assert_eq!(refers(&database), "c t,t p", "{engine}");
        assert_eq!(leftovers(&database.url).await, [""; 0], "{engine}");
        assert!(schema(&database.url).contains("`note` varchar(400)"), "{engine}");
        assert_eq!(cell(&database.url, "SELECT COUNT(*) FROM t WHERE tier <> 3"), "0", "{engine}");
    }
}

/// Ends the process of a tool with this word among its own, as a person would: by its id.
pub(crate) fn kill_tool(word: &str) {
    let listed = Command::new("ps").args(["-eo", "pid=,args="]).output().expect("ps");
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let ours = |line: &&str| line.contains(word) && !line.contains("/bin/sh -c") && line.contains("--execute");
    for line in text.lines().filter(ours) {
        let pid = line.split_whitespace().next().expect("a pid");
        let _ = Command::new("kill").args(["-KILL", pid]).status();
    }
}

/// The place in the middle of the copying.
fn middle(database: &MyDatabase) -> (String, String) {
    (format!("copy {}.t with {PT}, and exchange them", database.name), "copying".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_is_killed_leaves_nothing_and_resume_begins_anew() {
    let Some(folder) = percona() else { return };
    for (at, engine) in engines(&["mysql", "mariadb"]).into_iter().enumerate() {
        let database = made(engine, MANY);
        let before = schema(&database.url);
        let writer = MyWriter::start(&database.url, &columns(), 21 + at as u64);
        let word = format!("D={},", database.name);
        let trap = Trap::at(&middle(&database), move || kill_tool(&word));
        let failure = verb(&database.url, "apply", (None, &folder), &trap).await.expect_err("the tool is gone");
        assert!(trap.sprung(), "{engine}: {failure:?}");
        assert_eq!(failure.code, "migrate.tool", "{engine}: {failure:?}");
        assert_eq!(left(&database), [""; 0], "{engine}");
        assert_eq!(schema(&database.url), before, "{engine}");
        verb(&database.url, "resume", (None, &folder), &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        verb(&database.url, "contract", (None, &folder), &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        look(&database, writer, engine);
        assert_eq!((left(&database), refers(&database)), (Vec::new(), "c t,t p".to_owned()), "{engine}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dbwright_killed_in_the_middle_goes_on_or_goes_back() {
    let Some(folder) = percona() else { return };
    for engine in engines(&["mysql", "mariadb"]) {
        for back in [false, true] {
            let what = format!("{engine}, back: {back}");
            let database = made(engine, MANY);
            let before = schema(&database.url);
            let writer = MyWriter::start(&database.url, &columns(), 31);
            let spot = middle(&database);
            let order = Order { url: &database.url, verb: "apply with a tool", up: UP, dies_at: &spot };
            assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
            if back {
                verb(&database.url, "undo", (None, &folder), &Silent).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
                look(&database, writer, &what);
                assert_eq!(schema(&database.url), before, "{what}");
            } else {
                let notes = Trap::harmless();
                verb(&database.url, "resume", (None, &folder), &notes)
                    .await
                    .unwrap_or_else(|e| panic!("{what}: {e:?}"));
                verb(&database.url, "contract", (None, &folder), &Silent)
                    .await
                    .unwrap_or_else(|e| panic!("{what}: {e:?}"));
                look(&database, writer, &what);
                // On MariaDB the tool does not know its own history again.
                let goes_on = engine == "mysql";
                assert_eq!(
                    goes_on,
                    notes.notes().iter().any(|note| note.contains("goes on with the rows")),
                    "{what}: {:?}",
                    notes.notes()
                );
            }
            assert_eq!((left(&database), refers(&database)), (Vec::new(), "c t,t p".to_owned()), "{what}");
            assert_eq!(leftovers(&database.url).await, [""; 0], "{what}");
        }
    }
}

/// A user who asks to stop once rows are being copied.
pub(crate) struct Stops(pub(crate) AtomicBool);

impl Progress for Stops {
    fn stage(&self, _what: &str, _total: Option<u64>) {}
    fn step(&self, _done: u64) {}
    fn point(&self, name: &str) {
        if name == "copying" {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_to_stop_finds_nothing_left_and_who_is_done_can_not_go_back() {
    let Some(folder) = percona() else { return };
    for engine in engines(&["mysql"]) {
        let database = made(engine, MANY);
        let before = schema(&database.url);
        let began = Instant::now();
        let stops = Stops(AtomicBool::new(false));
        let failure = verb(&database.url, "apply", (None, &folder), &stops).await.expect_err("stopped");
        assert_eq!(failure.code, "migrate.stopped", "{failure:?} after {:?}", began.elapsed());
        assert_eq!((left(&database), schema(&database.url)), (Vec::new(), before), "{engine}");
        let mut session = open(&database.url, None, &folder).await.expect("open");
        let only = Options { reversible_only: true, ..slowly() };
        let migrations = [migration("1", UP, None)];
        verb(&database.url, "undo", (None, &folder), &Silent).await.expect("undone");
        let failure = run::apply(session.as_mut(), &migrations, &only, &Silent).await.expect_err("refused");
        assert_eq!(failure.code, "migrate.irreversible", "{failure:?}");
        drop(session);
        verb(&database.url, "apply", (None, &folder), &Silent).await.expect("applied");
        let failure = verb(&database.url, "undo", (None, &folder), &Silent).await.expect_err("too late");
        assert_eq!(failure.code, "migrate.irreversible", "{failure:?}");
    }
}

#[tokio::test]
async fn a_plan_says_the_whole_command_line_and_no_secret_and_what_a_tool_can_not_do() {
    let Some(folder) = percona() else { return };
    for engine in engines(&["mysql"]) {
        let database = made(engine, 8);
        let planned = plan(&database.url, Some(PT), &folder, UP).await.expect("planned");
        let Work::Program(program) = &planned.steps[1].work else { panic!("{:?}", planned.steps[1]) };
        let line = dbwright_migrate::by_hand::command_line(program);
        for part in [
            "--config /dev/null --execute",
            "--alter-foreign-keys-method",
            "F=ACCOUNT_FILE,D=",
            "--max-lag 10",
            "--history",
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
        let narrower = "ALTER TABLE t MODIFY note varchar(10) CHARACTER SET utf8mb4";
        let planned = plan(&database.url, Some(PT), &folder, narrower).await.expect("planned");
        let reason = planned.blocking.expect("refused").reason;
        assert!(reason.contains("INSERT IGNORE"), "{reason}");
        let none = plan(&database.url, Some("gh-ost"), Path::new("/nowhere"), UP).await;
        if let Err(failure) = none {
            assert_eq!(failure.code, "migrate.no-copy-tool", "{failure:?}");
        }
        let unknown = plan(&database.url, Some("rsync"), &folder, UP).await.expect_err("unknown");
        assert_eq!(unknown.code, "migrate.no-copy-tool", "{unknown:?}");
    }
}
