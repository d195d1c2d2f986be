//! Labs on real programs: they start, hold databases, and leave nothing behind.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dbwright_core::FailureKind;
use dbwright_core::engine::{Engine, ObserveOptions};
use dbwright_core::progress::{Progress, Silent};
use dbwright_core::target::Address;
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::lab::{Lab, LabOptions};
use dbwright_testkit::postgres_bin;

fn options(major: u32) -> LabOptions {
    LabOptions { programs: vec![postgres_bin(major)], ..LabOptions::default() }
}

async fn start(options: &LabOptions) -> Lab {
    Lab::start(options, &Silent).await.unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// The lab's folder, from its URL: `postgres://postgres@<folder>/socket:5432/…`, percent-encoded.
fn folder(lab: &Lab) -> PathBuf {
    let url = lab.url("x").replace("%2F", "/").replace("%2D", "-").replace("%2E", ".").replace("%5F", "_");
    let (_, path) = url.split_once('@').expect("it names a role");
    let (path, _) = path.split_once("/socket").expect("it names a socket");
    PathBuf::from(path)
}

fn serves(folder: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(folder.join("data/postmaster.pid")) else { return false };
    let pid = text.lines().next().unwrap_or_default().to_owned();
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[tokio::test]
async fn a_lab_serves_databases_of_any_name_and_goes_when_dropped() {
    for major in [15, 18] {
        let lab =
            start(&LabOptions { settings: vec![("work_mem".to_owned(), "7MB".to_owned())], ..options(major) }).await;
        assert_eq!(lab.programs().major, major);
        let folder = folder(&lab);
        assert!(serves(&folder));
        let name = "shop \"x\" 😀/?";
        lab.create_database(name).await.expect("any name will do");
        lab.execute(name, "CREATE TABLE t (id int PRIMARY KEY)").await.expect("a table");
        let address = Address::parse(&lab.url(name)).expect("a URL");
        let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
        let body: &dbwright_engine_postgres::body::PgBody = snapshot.body().expect("our own");
        assert_eq!(body.server.database, name);
        assert_eq!(body.catalog.tables.len(), 1);
        let setting = |name| body.setting(name).map(|setting| setting.value.clone());
        assert_eq!(setting("work_mem").as_deref(), Some("7168"));
        assert_eq!((setting("fsync").as_deref(), setting("autovacuum").as_deref()), (Some("off"), Some("off")));
        drop(lab);
        assert!(!folder.exists(), "{} is still there", folder.display());
    }
}

#[tokio::test]
async fn a_lab_whose_owner_was_killed_is_removed_by_the_next_one() {
    let lab = start(&options(15)).await;
    let folder = folder(&lab);
    // Its process keeps the marker locked; nobody keeps this one.
    std::fs::remove_file(folder.join("marker")).expect("removed");
    std::fs::write(folder.join("marker"), "1\n").expect("written");
    assert!(serves(&folder));
    let other = start(&options(15)).await;
    assert!(!serves(&folder) && !folder.exists(), "{} is still there", folder.display());
    drop(lab);
    drop(other);
}

#[tokio::test]
async fn a_server_that_does_not_start_shows_its_log_and_leaves_nothing() {
    let wrong = LabOptions { settings: vec![("shared_buffers".to_owned(), "many".to_owned())], ..options(15) };
    let failure = Lab::start(&wrong, &Silent).await.expect_err("that is no number");
    assert_eq!(failure.code, "postgres.lab");
    assert!(failure.excerpt.as_deref().is_some_and(|log| log.contains("shared_buffers")), "{failure:?}");
}

#[tokio::test]
async fn a_version_that_is_not_there_is_named() {
    let failure = Lab::start(&LabOptions { major: Some(9), ..options(15) }, &Silent).await.expect_err("too old");
    assert!(failure.message.contains("PostgreSQL 9"), "{failure}");
    assert!(failure.hints.iter().any(|hint| hint.contains("--programs")), "{failure:?}");
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

/// Whether any process has `word` in its command line.
fn runs(word: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let mut lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| String::from_utf8_lossy(&line).contains(word))
}

#[tokio::test]
async fn who_stops_it_gets_no_lab_at_once_and_nothing_goes_on() {
    for wait in [0, 30, 200, 500] {
        let limit = Instant::now() + Duration::from_millis(wait);
        // Its own name, so that other tests' labs are not taken for it.
        let mark = format!("dbwright.mark={}_{wait}", std::process::id());
        let settings = vec![("dbwright.mark".to_owned(), format!("{}_{wait}", std::process::id()))];
        let Err(failure) = Lab::start(&LabOptions { settings, ..options(15) }, &Impatient(limit)).await else {
            continue;
        };
        assert_eq!(failure.kind, FailureKind::Interrupted);
        // Not the minute and more that it waits for a server that does not answer.
        assert!(limit.elapsed() < Duration::from_mins(1), "it took {:?}", limit.elapsed());
        assert!(!runs(&mark), "its server still runs");
    }
}
