//! Where the demo's database is, and how it gets there.
//!
//! The SQLite file is kept, so that the commands which the demo prints work afterwards; it is built once for each
//! number of orders. The PostgreSQL server is private and gone when the demo ends.

use std::path::{Path, PathBuf};

use dbwright_core::progress::Progress;
use dbwright_core::{Failure, FailureKind};
use dbwright_engine_postgres::lab::{Lab, LabOptions};
use dbwright_sample_shop::{Error, WORKLOAD};

/// The folder of the sample.
pub(super) struct Place {
    folder: PathBuf,
    orders: u64,
}

impl Place {
    /// The folder, made when it is not there: the user's choice, else one in the user's own cache.
    pub(super) fn new(chosen: Option<&Path>, orders: u64) -> Result<Self, Failure> {
        let folder = chosen.map_or_else(|| cache().join("dbwright").join("demo"), Path::to_path_buf);
        std::fs::create_dir_all(&folder).map_err(|e| cannot_write(&folder, &e))?;
        Ok(Self { folder, orders })
    }

    /// The shop as a SQLite file, built when it is not there yet.
    pub(super) fn sqlite(&self, progress: &dyn Progress) -> Result<PathBuf, Failure> {
        let name = format!("shop-{}-{}.db", self.orders, env!("CARGO_PKG_VERSION"));
        let path = self.folder.join(name);
        if !path.exists() {
            dbwright_sample_shop::sqlite::build(&path, self.orders, progress)
                .map_err(|e| failed(&path.display(), e))?;
        }
        Ok(path)
    }

    /// The workload as a file.
    pub(super) fn workload(&self) -> Result<PathBuf, Failure> {
        let path = self.folder.join("workload.sql");
        std::fs::write(&path, WORKLOAD).map_err(|e| cannot_write(&path, &e))?;
        Ok(path)
    }
}

/// The user's cache folder. A shared temporary folder is the last resort, for accounts without a home.
fn cache() -> PathBuf {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").map(|home| home.join(".cache"));
    absolute("XDG_CACHE_HOME").or_else(home).unwrap_or_else(std::env::temp_dir)
}

/// Name of the shop's database on the private server.
pub(super) const DATABASE: &str = "shop";

/// How often the shop's statements are run, so that the server's statistics have something to tell.
pub(super) const WORKLOAD_RUNS: u32 = 25;

/// Code of the failure that says that PostgreSQL's programs are not on this machine.
pub(super) const NO_PROGRAMS: &str = "postgres.no-programs";

/// The shop on a private PostgreSQL, which lives as long as the returned lab; its statements are run `runs` times.
pub(super) async fn postgres(
    orders: u64,
    runs: u32,
    programs: &[PathBuf],
    progress: &dyn Progress,
) -> Result<Lab, Failure> {
    let lab = match Lab::start(&server(programs, true), progress).await {
        // A PostgreSQL without its contrib modules does as well; the report then says what it misses.
        Err(failure) if failure.kind == FailureKind::Internal => Lab::start(&server(programs, false), progress).await?,
        other => other?,
    };
    lab.create_database(DATABASE).await?;
    let url = lab.url(DATABASE);
    dbwright_sample_shop::postgres::build(&url, orders, runs, progress).await.map_err(|e| failed(&DATABASE, e))?;
    Ok(lab)
}

/// A server as it would be in production, so that only the planted faults are found.
fn server(programs: &[PathBuf], statements: bool) -> LabOptions {
    let preload = statements.then(|| ("shared_preload_libraries".to_owned(), "pg_stat_statements".to_owned()));
    LabOptions {
        programs: programs.to_vec(),
        autovacuum: true,
        durable: true,
        settings: preload.into_iter().collect(),
        ..LabOptions::default()
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage("demo.folder", format!("the sample can't be written to {}: {error}", path.display()))
        .hint("choose another folder with --dir DIR")
}

fn failed(place: &dyn std::fmt::Display, error: Error) -> Failure {
    let message = format!("the sample shop could not be built in {place}: {error}");
    match error {
        Error::Cancelled => {
            Failure::new(FailureKind::Interrupted, "demo.stopped", "stopped while the sample was built")
        }
        other => Failure::internal("demo.build", message)
            .caused_by(other)
            .hint("the sample needs about 60 MB for 200,000 orders; try --dir DIR on another disk, or fewer --orders"),
    }
}
