//! One run at a time: a lock file beside the database, which the operating system frees when its holder is gone.
//!
//! SQLite's own locks last as long as a transaction, and a migration is many. Steps check their marks inside their
//! transaction in any case; the lock keeps two runs from planning against each other.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;
use dbwright_core::{Failure, FailureKind};

use crate::error::Error;
use crate::path::beside;

/// The lock; free again when dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of a database file, waiting for another run as long as `wait`.
    ///
    /// # Errors
    /// When another run keeps it: which process, since when. When the folder can't be written.
    pub(super) fn take(database: &Path, wait: Duration, progress: &dyn Progress) -> Result<Self, Failure> {
        let path = beside(database, "-dbwright-lock");
        let until = Instant::now() + wait;
        let mut told = false;
        loop {
            if let Some(lock) = Self::attempt(&path)? {
                return Ok(lock);
            }
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            let holder = if holder.trim().is_empty() { "another process".to_owned() } else { holder.trim().to_owned() };
            if Instant::now() >= until {
                let message = format!("{} is being migrated by {holder}", database.display());
                return Err(Failure::unreachable("migrate.locked", message)
                    .hint("try again when it has finished, or wait longer with --lock-wait"));
            }
            if progress.cancelled() {
                return Err(Failure::new(
                    FailureKind::Interrupted,
                    "migrate.stopped",
                    "stopped while waiting for another run",
                ));
            }
            if !told {
                progress.note(&format!("waiting for {holder}, which migrates {}", database.display()));
                told = true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn attempt(path: &Path) -> Result<Option<Self>, Failure> {
        let refused = |source: std::io::Error| Error::Refused { path: path.to_path_buf(), source };
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(refused(error).into()),
        }
        // Its last holder may have removed the file between opening and locking: then it protects nothing.
        let mut written = String::new();
        let same = same_file(&file, path) && file.read_to_string(&mut written).is_ok();
        if !same {
            return Ok(None);
        }
        let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC");
        let told = file
            .rewind()
            .and_then(|()| file.set_len(0))
            .and_then(|()| writeln!(file, "process {} since {now}", std::process::id()));
        told.map_err(refused)?;
        Ok(Some(Self { path: path.to_path_buf(), _file: file }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still locked: whoever opened the file before this sees that it is another one.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_file(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use dbwright_core::progress::Silent;

    use super::*;

    #[test]
    fn one_holder_at_a_time_and_nothing_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        let first = Lock::take(&database, Duration::ZERO, &Silent).expect("it is free");
        let failure = Lock::take(&database, Duration::ZERO, &Silent).expect_err("it is taken");
        assert!(failure.message.contains(&format!("process {}", std::process::id())), "{failure}");
        drop(first);
        drop(Lock::take(&database, Duration::ZERO, &Silent).expect("it is free again"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
