//! Labs: private copies of a database in the folder for temporary files, where experiments run.
//!
//! Each lab is a folder with a marker file that its process keeps locked. The system drops the lock
//! when the process ends, however it ends, so a lab whose marker can be locked is a leftover of a killed
//! run and is removed by the next one. (A process id could have been given to somebody else by then.)

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dbwright_core::progress::Progress;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::error::Error;
use crate::path::beside;

const PREFIX: &str = "dbwright-lab-";
const MARKER: &str = "marker";
/// Pages copied between two looks at the user's wish to stop: 16 MB of usual pages.
const PAGES_A_STEP: i32 = 4096;
/// How often a copy begins anew because the source was changed meanwhile, before it gives up.
const BUSY_STEPS: u32 = 100;

/// The folders of this process's labs, for [`cleanup_all`].
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A folder for copies; removed when dropped.
#[derive(Debug)]
pub struct Lab {
    folder: PathBuf,
    _marker: File,
}

impl Lab {
    /// Makes an empty lab that has room for `bytes`, and removes what killed runs left behind.
    ///
    /// # Errors
    /// When the folder for temporary files can't be written or is too small.
    pub fn new(bytes: u64) -> Result<Self, Error> {
        let parent = std::env::temp_dir();
        remove_leftovers(&parent);
        room(&parent, bytes)?;
        let doing = || format!("a lab can't be made in {}", parent.display());
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&parent).map_err(Error::io(doing()))?.keep();
        FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).push(folder.clone());
        let marker = mark(&folder).map_err(Error::io(doing()))?;
        Ok(Self { folder, _marker: marker })
    }

    /// A path in the lab.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
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

impl Drop for Lab {
    fn drop(&mut self) {
        // A folder that can't be removed now is a leftover for the next run to remove.
        let _ = std::fs::remove_dir_all(&self.folder);
        FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).retain(|folder| *folder != self.folder);
    }
}

/// Removes every lab of this process; for the handler of Ctrl-C, after which the process ends.
pub fn cleanup_all() {
    for folder in FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // As above: what stays is removed by the next run.
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// Makes and locks the marker. It is empty until it is locked, so that nobody takes a new lab for a leftover.
fn mark(folder: &Path) -> std::io::Result<File> {
    let mut marker = File::create_new(folder.join(MARKER))?;
    marker.lock()?;
    writeln!(marker, "{}", std::process::id())?;
    Ok(marker)
}

/// Removes labs that no process keeps.
fn remove_leftovers(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.filter_map(Result::ok).filter(|e| e.file_name().to_string_lossy().starts_with(PREFIX)) {
        let Ok(marker) = OpenOptions::new().read(true).write(true).open(entry.path().join(MARKER)) else { continue };
        let in_use = marker.metadata().is_ok_and(|meta| meta.len() == 0);
        if !in_use && marker.try_lock().is_ok() {
            // Somebody else's leftover may not be ours to remove; that is their next run's work.
            let _ = std::fs::remove_dir_all(entry.path());
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
    fn a_lab_is_gone_when_dropped_and_a_leftover_by_the_next() {
        let lab = Lab::new(1).expect("a lab");
        let folder = lab.folder.clone();
        let leftover = std::env::temp_dir().join(format!("{PREFIX}left-by-{}", std::process::id()));
        std::fs::create_dir_all(&leftover).expect("a folder");
        std::fs::write(leftover.join(MARKER), "1\n").expect("a marker nobody keeps");
        let second = Lab::new(1).expect("a second lab");
        assert!(folder.exists() && second.folder.exists(), "labs in use stay");
        assert!(!leftover.exists(), "the leftover is removed");
        drop((lab, second));
        assert!(!folder.exists());
    }

    #[test]
    fn too_little_room_is_said_before_copying() {
        let error = Lab::new(u64::MAX / 2).expect_err("no disk is that large");
        assert!(matches!(error, Error::NoRoom { .. }), "{error}");
    }
}
