//! Labs on real programs: they start, hold databases, and leave nothing behind.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dbwright_core::FailureKind;
use dbwright_core::engine::{Engine, ObserveOptions};
use dbwright_core::progress::{Progress, Silent};
use dbwright_engine_mysql::MySql;
use dbwright_engine_mysql::body::Body;
use dbwright_engine_mysql::flavour::Flavour;
use dbwright_engine_mysql::lab::{Lab, LabOptions};
use dbwright_testkit::{engines, programs};

fn options(engine: &str) -> LabOptions {
    let flavour = if engine == "mysql" { Flavour::MySql } else { Flavour::MariaDb };
    LabOptions { programs: vec![programs(engine)], ..LabOptions::of(flavour) }
}

async fn start(options: &LabOptions) -> Lab {
    Lab::start(options, &Silent).await.unwrap_or_else(|failure| panic!("{failure:?}"))
}

fn folder(lab: &Lab) -> PathBuf {
    lab.data().parent().expect("it is in the lab's folder").to_owned()
}

/// Whether any process has `word` in its command line.
fn runs(word: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let mut lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| String::from_utf8_lossy(&line).contains(word))
}

fn serves(folder: &Path) -> bool {
    runs(&folder.to_string_lossy())
}

#[tokio::test]
async fn a_lab_serves_databases_of_any_name_and_goes_when_dropped() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let settings = [("lower_case_table_names", "1"), ("innodb_page_size", "8192"), ("sort_buffer_size", "65536")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let lab = start(&LabOptions { settings, ..options(engine) }).await;
        let folder = folder(&lab);
        assert!(serves(&folder), "{engine}");
        assert!(engine.starts_with(&lab.programs().flavour.name().to_lowercase()), "{engine}");
        let name = "shop `x` ü/?";
        lab.create_database(name).await.expect("any name will do");
        lab.execute(name, "CREATE TABLE T (id int PRIMARY KEY)").await.expect("a table");
        let address = lab.address(name).expect("a URL");
        let snapshot = MySql.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
        let body: &Body = snapshot.body().expect("our own");
        assert_eq!((body.server.database.as_deref(), body.server.lower_case_table_names), (Some(name), 1));
        assert_eq!(body.catalog.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["t"]);
        assert_eq!(body.server.page_size, 8192, "{engine}");
        assert_eq!(body.variable("sort_buffer_size"), Some("65536"));
        assert_eq!(body.is_on("skip_networking"), Some(true));
        assert_eq!(body.server.version, lab.programs().version);
        drop(lab);
        assert!(!folder.exists() && !serves(&folder), "{} is still there", folder.display());
    }
}

#[tokio::test]
async fn a_crash_loses_nothing_in_a_durable_lab() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let mut lab = start(&LabOptions { durable: true, ..options(engine) }).await;
        lab.create_database("a").await.expect("a database");
        lab.execute("a", "CREATE TABLE t AS SELECT 1 AS x").await.expect("a table");
        lab.crash(&Silent).await.expect("it starts again");
        lab.execute("a", "CREATE TABLE u AS SELECT x FROM t").await.expect("the table is there");
        lab.halt();
        assert!(lab.execute("a", "SELECT 1").await.is_err(), "{engine} is down");
    }
}

#[tokio::test]
async fn a_lab_whose_owner_was_killed_is_removed_by_the_next_one() {
    for engine in engines(&["mariadb"]) {
        let lab = start(&options(engine)).await;
        let folder = folder(&lab);
        // Its process keeps the marker locked; nobody keeps this one.
        std::fs::remove_file(folder.join("marker")).expect("removed");
        std::fs::write(folder.join("marker"), "1\n").expect("written");
        assert!(serves(&folder));
        let other = start(&options(engine)).await;
        assert!(!serves(&folder) && !folder.exists(), "{} is still there", folder.display());
        drop(lab);
        drop(other);
    }
}

#[tokio::test]
async fn a_server_that_does_not_start_shows_its_log() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let settings = vec![("no_such_setting".to_owned(), "1".to_owned())];
        let failure = Lab::start(&LabOptions { settings, ..options(engine) }, &Silent).await.expect_err("unknown");
        assert_eq!(failure.code, "mysql.lab");
        let log = failure.excerpt.as_deref().unwrap_or_default();
        assert!(log.contains("no_such_setting") || log.contains("no-such-setting"), "{failure:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_named_with_what_is() {
    for (engine, other) in [("mysql", Flavour::MariaDb), ("mariadb", Flavour::MySql)] {
        if engines(&[engine]).is_empty() {
            continue;
        }
        let wanted = LabOptions { flavour: other, version: Some((1, 2, 3)), ..options(engine) };
        let failure = Lab::start(&wanted, &Silent).await.expect_err("the other one");
        assert_eq!(failure.code, "mysql.no-programs");
        assert!(failure.message.contains(&format!("{} 1.2.3", other.name())), "{failure}");
        assert!(failure.hints.iter().any(|hint| hint.contains("--programs")), "{failure:?}");
    }
}

/// A user who presses Ctrl-C after a while.
struct Impatient(Instant);

impl Progress for Impatient {
    fn stage(&self, _what: &str, _total: Option<u64>) {}
    fn step(&self, _done: u64) {}
    fn cancelled(&self) -> bool {
        Instant::now() > self.0
    }
}

#[tokio::test]
async fn who_stops_it_gets_no_lab_at_once_and_nothing_goes_on() {
    for (engine, wait) in [("mysql", 0), ("mysql", 400), ("mariadb", 200), ("mysql", 1500)] {
        if engines(&[engine]).is_empty() {
            continue;
        }
        let limit = Instant::now() + Duration::from_millis(wait);
        // Its own name, so that other tests' labs are not taken for it.
        let mark = format!("mark-{}-{wait}", std::process::id());
        let settings = vec![("loose-innodb-data-file-path".to_owned(), format!("{mark}:12M:autoextend"))];
        let Err(failure) = Lab::start(&LabOptions { settings, ..options(engine) }, &Impatient(limit)).await else {
            continue;
        };
        assert_eq!(failure.kind, FailureKind::Interrupted, "{failure:?}");
        assert!(!runs(&mark), "its server still runs");
    }
}
