//! Labs: private copies of a database in the folder for temporary files, where experiments run.
//!
//! `dbwright-scratch` removes them, however the run ends. A lab never writes through to the target: nothing
//! can be attached to its connections.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_scratch::Folder;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::limits::Limit;

use crate::error::Error;
use crate::path::beside;

/// Pages copied between two looks at the user's wish to stop: 16 MB of usual pages.
const PAGES_A_STEP: i32 = 4096;
/// How often a copy begins anew because the source was changed meanwhile, before it gives up.
const BUSY_STEPS: u32 = 100;

/// A folder for copies; removed when dropped.
#[derive(Debug)]
pub struct Lab(Folder);

impl Lab {
    /// Makes an empty lab that has room for `bytes`, and removes what killed runs left behind.
    ///
    /// # Errors
    /// When the folder for temporary files can't be written or is too small.
    pub fn new(bytes: u64) -> Result<Self, Error> {
        let parent = std::env::temp_dir();
        room(&parent, bytes)?;
        let folder = Folder::new(&parent, "sqlite", |_| ());
        Ok(Self(folder.map_err(Error::io(format!("a lab can't be made in {}", parent.display())))?))
    }

    /// Makes sure that there is room for `bytes` more.
    ///
    /// # Errors
    /// When there is not.
    pub(crate) fn has_room(&self, bytes: u64) -> Result<(), Error> {
        room(self.0.path(), bytes)
    }

    /// A path in the lab.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Copies a file with its journal or write-ahead log, as a crash left them.
    ///
    /// # Errors
    /// When a file can't be read or written.
    pub(crate) fn copy_files(&self, from: &Path) -> Result<PathBuf, Error> {
        let to = self.path("copy.db");
        for ending in ["", "-journal", "-wal"] {
            let (from, to) = (beside(from, ending), beside(&to, ending));
            if from.exists() {
                std::fs::copy(&from, &to).map_err(Error::io(format!("{} can't be copied", from.display())))?;
                writable(&to).map_err(Error::io(format!("{} can't be made writable", to.display())))?;
            }
        }
        Ok(to)
    }

    /// Copies an open database by SQLite's online backup and opens the copy for experiments.
    ///
    /// # Errors
    /// When the source stays locked, the disk is full, or the user stops it.
    pub fn copy(&self, from: &Connection, name: &str, progress: &dyn Progress) -> Result<Connection, Error> {
        let path = self.path(name);
        let failed = || Error::sqlite(format!("the copy {} can't be made", path.display()));
        let mut to = Connection::open(&path).map_err(failed())?;
        {
            let backup = Backup::new(from, &mut to).map_err(failed())?;
            step_through(&backup, progress, &path)?;
        }
        drop(to);
        self.open(name)
    }

    /// Opens a copy of this lab for experiments.
    ///
    /// # Errors
    /// When it can't be opened.
    pub(crate) fn open(&self, name: &str) -> Result<Connection, Error> {
        let path = self.path(name);
        let failed = || Error::sqlite(format!("the copy {} can't be opened", path.display()));
        let to = Connection::open(&path).map_err(failed())?;
        to.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0).map_err(failed())?;
        // The lab may be lost at any moment, so nothing needs to survive a crash.
        to.execute_batch("PRAGMA journal_mode = memory; PRAGMA synchronous = off; PRAGMA foreign_keys = off")
            .map_err(failed())?;
        Ok(to)
    }
}

fn step_through(backup: &Backup<'_, '_>, progress: &dyn Progress, path: &Path) -> Result<(), Error> {
    progress.stage("copying the database into a lab", None);
    let mut busy = 0;
    loop {
        if progress.cancelled() {
            return Err(Error::Cancelled);
        }
        match backup.step(PAGES_A_STEP).map_err(Error::sqlite(format!("copying to {}", path.display())))? {
            StepResult::Done => return Ok(()),
            StepResult::More => {
                let at = backup.progress();
                progress.step(u64::try_from(at.pagecount - at.remaining).unwrap_or(0));
            }
            _ => {
                busy += 1;
                if busy == BUSY_STEPS {
                    return Err(Error::Locked(path.to_path_buf()));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

#[cfg(unix)]
fn writable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn writable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn room(folder: &Path, bytes: u64) -> Result<(), Error> {
    let Ok(system) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    if free >= bytes {
        return Ok(());
    }
    Err(Error::NoRoom { folder: folder.to_path_buf(), need: bytes.div_ceil(1 << 20), free: free >> 20 })
}

#[cfg(not(unix))]
fn room(_folder: &Path, _bytes: u64) -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_room_is_said_before_copying() {
        let error = Lab::new(u64::MAX / 2).expect_err("no disk is that large");
        assert!(matches!(error, Error::NoRoom { .. }), "{error}");
    }
}
