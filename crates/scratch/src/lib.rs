//! Folders for labs: removed when dropped, on Ctrl-C, and, when a run was killed, by the next run.
//!
//! A folder holds a marker file that its process keeps locked. The system drops the lock when the process
//! ends, however it ends, so a folder whose marker can be locked is a leftover. (A process id would not do:
//! it could have been given to somebody else by then.)
//!
//! What private servers of all engines have in common is here as well: their account, their programs, and their end.

#[cfg(unix)]
pub mod account;
#[cfg(unix)]
mod home;
pub mod memory;
#[cfg(unix)]
pub mod process;
pub mod programs;

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

#[cfg(unix)]
pub use account::Account;
#[cfg(unix)]
pub use home::{Load, tail};

const PREFIX: &str = "dbwright-lab-";
const MARKER: &str = "marker";

/// What must happen before a folder may be removed, for example stopping the server that runs in it.
pub type Before = fn(&Path);

/// The folders of this process, for [`cleanup_all`].
static FOLDERS: Mutex<Vec<(PathBuf, Before)>> = Mutex::new(Vec::new());

/// A folder for a lab.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    before: Before,
    _marker: File,
}

impl Folder {
    /// Makes a folder below `parent`, and removes what killed runs of the same `kind` left there. `before` runs ahead of
    /// every removal, also in a later process: it may rely on nothing but the folder's content.
    ///
    /// # Errors
    /// When `parent` can't be written.
    pub fn new(parent: &Path, kind: &str, before: Before) -> io::Result<Self> {
        let prefix = format!("{PREFIX}{kind}-");
        remove_leftovers(parent, &prefix, before);
        let path = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent)?.keep();
        FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).push((path.clone(), before));
        let marker = mark(&path)?;
        Ok(Self { path, before, _marker: marker })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        remove(&self.path, self.before);
        FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).retain(|(path, _)| *path != self.path);
    }
}

/// Removes every folder of this process; for the handler of Ctrl-C, after which the process ends.
pub fn cleanup_all() {
    for (path, before) in FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        remove(&path, before);
    }
}

fn remove(path: &Path, before: Before) {
    before(path);
    // A process that is ending may still write; what can't be removed is a leftover for the next run.
    for _ in 0..20 {
        if std::fs::remove_dir_all(path).is_ok() || !path.exists() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
}

/// Makes and locks the marker. It is empty until it is locked, so that nobody takes a new folder for a leftover.
fn mark(folder: &Path) -> io::Result<File> {
    let mut marker = File::create_new(folder.join(MARKER))?;
    marker.lock()?;
    writeln!(marker, "{}", std::process::id())?;
    Ok(marker)
}

/// Removes folders of this kind that no process keeps.
fn remove_leftovers(parent: &Path, prefix: &str, before: Before) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.filter_map(Result::ok).filter(|e| e.file_name().to_string_lossy().starts_with(prefix)) {
        let path = entry.path();
        if !is_ours(&path) {
            continue;
        }
        let Ok(marker) = OpenOptions::new().read(true).write(true).open(path.join(MARKER)) else { continue };
        let complete = marker.metadata().is_ok_and(|meta| meta.len() > 0);
        if complete && marker.try_lock().is_ok() {
            remove(&path, before);
        }
    }
}

/// Whether the folder is a real one of this account: in a shared temporary folder anybody may plant a name.
#[cfg(unix)]
fn is_ours(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(probe) = tempfile::tempfile().and_then(|file| file.metadata()) else { return false };
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir() && meta.uid() == probe.uid())
}

#[cfg(not(unix))]
fn is_ours(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &Path) {}

    #[test]
    fn a_folder_goes_when_dropped_and_a_leftover_with_the_next() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(parent.path(), "test", nothing).expect("a folder");
        let leftover = parent.path().join(format!("{PREFIX}test-left"));
        std::fs::create_dir(&leftover).expect("a folder");
        std::fs::write(leftover.join(MARKER), "1\n").expect("a marker that nobody keeps");
        let foreign = parent.path().join(format!("{PREFIX}other-left"));
        std::fs::create_dir(&foreign).expect("a folder");
        std::fs::write(foreign.join(MARKER), "1\n").expect("a marker");
        let second = Folder::new(parent.path(), "test", nothing).expect("a second folder");
        assert!(folder.path().exists() && second.path().exists(), "folders in use stay");
        assert!(!leftover.exists(), "the leftover is removed");
        assert!(foreign.exists(), "another kind is left alone");
        let path = folder.path().to_path_buf();
        drop((folder, second));
        assert!(!path.exists());
    }

    #[test]
    fn what_must_happen_before_the_removal_happens() {
        fn witness(folder: &Path) {
            std::fs::write(folder.with_extension("witness"), "seen").expect("a file beside it");
        }
        let parent = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(parent.path(), "test", witness).expect("a folder");
        let beside = folder.path().with_extension("witness");
        drop(folder);
        assert!(beside.exists());
    }
}
