//! Databases for tests: built by the real library from SQL texts, observed through the public interface.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use dbwright_check::{Checks, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use dbwright_engine_sqlite::Sqlite;
use dbwright_sql::Dialect;
use rusqlite::Connection;

/// A database file in a folder of its own.
pub(crate) struct Database {
    folder: tempfile::TempDir,
    /// The file.
    pub(crate) path: PathBuf,
}

impl Database {
    /// A file that `sql` filled.
    pub(crate) fn of(sql: &str) -> Self {
        let database = Self::named("test.db");
        database.run(sql);
        database
    }

    /// A file that does not exist yet.
    pub(crate) fn named(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(name);
        Self { folder, path }
    }

    /// Runs statements on a connection of their own, which is closed afterwards.
    pub(crate) fn run(&self, sql: &str) {
        let db = Connection::open(&self.path).expect("the database opens");
        db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false).expect("a setting");
        db.execute_batch(sql).unwrap_or_else(|e| panic!("{e} in:\n{sql}"));
        db.close().map_err(|(_, e)| e).expect("it closes");
    }

    /// What is in the folder: names, lengths, times of change and contents.
    pub(crate) fn listing(&self) -> Vec<(PathBuf, u64, std::time::SystemTime, Vec<u8>)> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder is readable");
        let mut found: Vec<_> = entries
            .map(|entry| {
                let entry = entry.expect("an entry");
                let meta = entry.metadata().expect("its facts");
                let bytes = std::fs::read(entry.path()).expect("its contents");
                (entry.path(), meta.len(), meta.modified().expect("a time"), bytes)
            })
            .collect();
        found.sort();
        found
    }
}

/// The address of a file.
pub(crate) fn address(path: &Path) -> Address {
    let path = path.to_str().expect("a plain path").replace('%', "%25").replace('?', "%3f");
    Address::parse(&format!("sqlite:{path}")).expect("an address")
}

/// Observes a file.
pub(crate) fn observe(path: &Path) -> Result<Snapshot, Failure> {
    observe_with(path, &ObserveOptions::default())
}

/// Observes a file with options.
pub(crate) fn observe_with(path: &Path, options: &ObserveOptions) -> Result<Snapshot, Failure> {
    now(Sqlite.observe(&address(path), options, &Silent))
}

/// Observes and checks a file.
pub(crate) fn check(path: &Path) -> (Snapshot, Outcome) {
    let snapshot = observe(path).unwrap_or_else(|e| panic!("{e}"));
    let outcome = Sqlite.check(&snapshot, &Limits::new()).expect("its own snapshot");
    (snapshot, outcome)
}

/// Observes, checks, and makes the experiments with a workload.
pub(crate) fn prove(path: &Path, workload: &str) -> Outcome {
    let workload = dbwright_sql::workload::from_sql(workload, Dialect::Sqlite, "file workload.sql");
    let workload = Some(workload.unwrap_or_else(|e| panic!("{e}"))).filter(|workload| !workload.statements.is_empty());
    let options = ObserveOptions { workload, ..ObserveOptions::default() };
    let snapshot = observe_with(path, &options).unwrap_or_else(|e| panic!("{e}"));
    let limits = Limits::new();
    let mut outcome = Sqlite.check(&snapshot, &limits).expect("its own snapshot");
    let prover = Sqlite.prover().expect("it proves");
    now(prover.prove(&address(path), &snapshot, &options, &mut outcome, &limits, &Silent))
        .unwrap_or_else(|e| panic!("{e}"));
    outcome
}

/// Runs a future that never waits: this engine works on files, in the thread that polls it.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the engine waited"),
    }
}
