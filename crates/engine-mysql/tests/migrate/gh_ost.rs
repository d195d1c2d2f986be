//! Copies by gh-ost, which is in no registry from which tests take their software: `DBWRIGHT_TEST_GH_OST_BIN` names the folder
//! of one. It and dbwright are killed in the middle; nothing is lost, and nothing is left.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use dbwright_core::progress::Silent;
use dbwright_migrate::plan::Work;
use dbwright_testkit::my::sql::{self, Session};
use dbwright_testkit::my::writer::MyWriter;
use dbwright_testkit::{MyDatabase, engines, my_server};

use crate::child::Order;
use crate::common::{cell, leftovers, schema};
use crate::tool::{Stops, UP, columns, kill_tool, left, look, plan, verb};
use crate::trap::Trap;

const TOOL: Option<&str> = Some("gh-ost");

/// The folder with it.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("DBWRIGHT_TEST_GH_OST_BIN").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("gh-ost was not tried: DBWRIGHT_TEST_GH_OST_BIN names no folder with it");
    }
    folder
}

/// A table that it can copy, with a CHECK that has a name.
fn fill(database: &MyDatabase, thousands: u32) {
    database.execute(&format!(
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v int NOT NULL DEFAULT 0, \
         note varchar(100) CHARACTER SET latin1 DEFAULT 'x', pad varchar(1000) NOT NULL DEFAULT 'pad', \
         CONSTRAINT positive CHECK (v >= 0)) ENGINE=InnoDB; \
         INSERT INTO t (v, note, pad) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         SELECT a.i, 'caf\u{e9}', REPEAT('p', 900) FROM n a JOIN (SELECT i FROM n WHERE i <= {thousands}) b; ANALYZE TABLE t"
    ));
}

fn made(engine: &str, thousands: u32) -> MyDatabase {
    let database = MyDatabase::create(engine);
    fill(&database, thousands);
    database
}

/// A place in its work.
fn at(database: &MyDatabase, point: &str) -> (String, String) {
    (format!("copy {}.t with gh-ost, and exchange them", database.name), point.to_owned())
}

async fn finish(database: &MyDatabase, first: &str, folder: &Path, what: &str) {
    verb(&database.url, first, (TOOL, folder), &Silent).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
    assert_eq!(left(database), ["_t_del"], "{what}");
    verb(&database.url, "contract", (TOOL, folder), &Silent).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
    assert_eq!(left(database), [""; 0], "{what}");
    assert_eq!(leftovers(&database.url).await, [""; 0], "{what}");
    assert!(schema(&database.url).contains("`note` varchar(400)"), "{what}");
    assert_eq!(cell(&database.url, "SELECT COUNT(*) FROM t WHERE tier <> 3"), "0", "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gh_ost_copies_under_a_writer_and_can_be_stopped() {
    let Some(folder) = folder() else { return };
    for engine in engines(&["mysql"]) {
        let database = made(engine, 8);
        let planned = plan(&database.url, TOOL, &folder, UP).await.expect("planned");
        assert_eq!(planned.method, "gh-ost", "{engine}: {:?}", planned.blocking);
        for part in ["begins anew", "was asked for", "CHECKs get the server's names"] {
            assert!(planned.notes.iter().any(|note| note.contains(part)), "{engine}: {part} in {:?}", planned.notes);
        }
        let before = schema(&database.url);
        let writer = MyWriter::start(&database.url, &columns(), 41);
        let stops = Stops(AtomicBool::new(false));
        let failure = verb(&database.url, "apply", (TOOL, &folder), &stops).await.expect_err("stopped");
        assert_eq!(failure.code, "migrate.stopped", "{engine}: {failure:?}");
        assert_eq!((left(&database), schema(&database.url)), (Vec::new(), before), "{engine}");
        finish(&database, "resume", &folder, engine).await;
        look(&database, writer, engine);
        let constraint = "SELECT COUNT(*) FROM information_schema.table_constraints \
             WHERE table_schema = DATABASE() AND constraint_name = 'positive'";
        assert_eq!(cell(&database.url, constraint), "0", "{engine}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gh_ost_killed_leaves_nothing_and_resume_begins_anew() {
    let Some(folder) = folder() else { return };
    for engine in engines(&["mysql"]) {
        for point in ["copying", "switching"] {
            let what = format!("{engine}, {point}");
            let database = made(engine, 8);
            let before = schema(&database.url);
            let writer = MyWriter::start(&database.url, &columns(), 51);
            let word = format!("--database {} ", database.name);
            let trap = Trap::at(&at(&database, point), move || kill_tool(&word));
            let failure = verb(&database.url, "apply", (TOOL, &folder), &trap).await.expect_err("the tool is gone");
            assert!(trap.sprung(), "{what}: {failure:?}");
            assert_eq!(failure.code, "migrate.tool", "{what}: {failure:?}");
            assert!(failure.message.contains("was ended by a signal"), "{what}: {failure:?}");
            assert_eq!((left(&database), schema(&database.url)), (Vec::new(), before), "{what}");
            finish(&database, "resume", &folder, &what).await;
            look(&database, writer, &what);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dbwright_killed_over_gh_ost_begins_anew_or_goes_back() {
    let Some(folder) = folder() else { return };
    for engine in engines(&["mysql"]) {
        for (point, back) in [("copying", false), ("copying", true), ("switching", false), ("switching", true)] {
            let what = format!("{engine}, {point}, back: {back}");
            let database = made(engine, 8);
            let before = schema(&database.url);
            let writer = MyWriter::start(&database.url, &columns(), 61);
            let spot = at(&database, point);
            let order = Order { url: &database.url, verb: "apply with gh-ost", up: UP, dies_at: &spot };
            assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
            if back {
                verb(&database.url, "undo", (TOOL, &folder), &Silent).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
                assert_eq!((left(&database), schema(&database.url)), (Vec::new(), before), "{what}");
                assert_eq!(leftovers(&database.url).await, [""; 0], "{what}");
            } else {
                finish(&database, "resume", &folder, &what).await;
            }
            look(&database, writer, &what);
        }
    }
}

#[tokio::test]
async fn gh_ost_is_refused_beforehand_without_whole_rows_in_the_log() {
    let Some(folder) = folder() else { return };
    for engine in engines(&["mysql"]) {
        for option in ["--binlog-format=MIXED", "--binlog-row-image=MINIMAL", "--skip-log-bin"] {
            let server = my_server(engine, &[option]);
            let database = MyDatabase::on(&server.url);
            fill(&database, 8);
            let planned = plan(&database.url, TOOL, &folder, UP).await.expect("planned");
            let reason = planned.blocking.unwrap_or_else(|| panic!("{engine} {option}: not refused")).reason;
            assert!(reason.contains("binlog_row_image = FULL"), "{engine} {option}: {reason}");
        }
    }
}

/// It knows no replicas of a server that it works on directly: dbwright looks at them, and has it wait.
#[tokio::test(flavor = "multi_thread")]
async fn gh_ost_waits_for_a_replica_that_is_behind() {
    let Some(folder) = folder() else { return };
    for engine in engines(&["mysql"]) {
        let source = my_server(engine, &[]);
        let replica = source.replica(&[]);
        let database = MyDatabase::on(&source.url);
        fill(&database, 30);
        let of_replica = source.url.replace(&source.port.to_string(), &replica.port.to_string());
        let there = format!("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{}'", database.name);
        let began = Instant::now();
        while cell(&of_replica, &there) != "1" && began.elapsed() < Duration::from_mins(2) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let name = database.name.clone();
        // From then on it can't apply what is written to the table, and is released when the tool has been told to wait.
        let (url, spot) = (database.url.clone(), at(&database, "copying"));
        let trap = Trap::at(&spot, move || {
            let holder = Session::open(&of_replica).expect("the replica");
            holder.execute(&format!("LOCK TABLES {name}.t READ"));
            sql::query(&url, "INSERT INTO t (v) VALUES (0)").expect("written");
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_secs(12));
                holder.execute("UNLOCK TABLES");
            });
        });
        let mut limits = crate::tool::slowly();
        limits.limits.replica_lag = Duration::from_secs(2);
        let done = crate::tool::apply_with(&database.url, (TOOL, &folder), &limits, &trap).await;
        done.unwrap_or_else(|e| panic!("{engine}: {e:?} {:?}", trap.notes()));
        assert!(trap.sprung(), "{engine}");
        let paused = |note: &String| note.contains("gh-ost is paused: the replica") && note.contains("limit 2 s");
        assert!(trap.notes().iter().any(paused), "{engine}: {:?}", trap.notes());
        assert_eq!(cell(&database.url, "SELECT COUNT(*) FROM t"), "30001", "{engine}");
    }
}

/// A password is taken as it is, whatever stands in it; and the table is changed where the plan was made.
#[tokio::test(flavor = "multi_thread")]
async fn gh_ost_signs_in_with_any_password_and_encrypted() {
    let Some(folder) = folder() else { return };
    for engine in engines(&["mysql"]) {
        let server = my_server(engine, &[]);
        let database = MyDatabase::on(&server.url);
        fill(&database, 8);
        let password = r#"p#;\w"x'%y"#;
        let literal = format!("'{}'", password.replace('\\', "\\\\").replace('\'', "''"));
        database
            .execute(&format!("CREATE USER osc@'%' IDENTIFIED BY {literal} REQUIRE SSL; GRANT ALL ON *.* TO osc@'%'"));
        let rest = database.url.split_once('@').expect("an account").1;
        let encoded = password.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
        let url = format!("mysql://osc:{encoded}@{rest}?sslmode=require");
        verb(&url, "apply", (TOOL, &folder), &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(left(&database), ["_t_del"], "{engine}");
    }
}

#[tokio::test]
async fn gh_ost_is_planned_with_its_whole_command_line() {
    let Some(folder) = folder() else { return };
    for engine in engines(&["mysql"]) {
        let database = made(engine, 8);
        let planned = plan(&database.url, TOOL, &folder, UP).await.expect("planned");
        let Work::Program(program) = &planned.steps[1].work else { panic!("{:?}", planned.steps[1]) };
        let line = dbwright_migrate::by_hand::command_line(program);
        for part in ["--conf ACCOUNT_FILE", "--assume-master-host", "FOLDER/pause", "FOLDER/postpone"] {
            assert!(line.contains(part), "{engine}: {part} in {line}");
        }
    }
}

/// There it lost single rows that the writer wrote, in one of four runs of these tests.
#[tokio::test]
async fn gh_ost_is_refused_on_mariadb() {
    let Some(folder) = folder() else { return };
    for engine in engines(&["mariadb"]) {
        let database = made(engine, 8);
        let planned = plan(&database.url, TOOL, &folder, UP).await.expect("planned");
        let reason = planned.blocking.expect("refused").reason;
        assert!(reason.contains("gh-ost can't copy it: on MariaDB it loses single rows"), "{reason}");
    }
}
