//! One run at a time for each server, and for the machine's package manager.
//!
//! A lock on a file ends with the process that holds it, so a crash leaves nothing to clean up.

use std::fs::{self, File};

use dbwright_testkit::cache;

use crate::Done;

/// Holds until dropped.
pub(crate) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Waits for the lock of this name.
pub(crate) fn take(name: &str) -> Done<Lock> {
    let folder = cache::folder().join("locks");
    let path = folder.join(name);
    let shown = |e: std::io::Error| format!("{}: {e}", path.display());
    fs::create_dir_all(&folder).map_err(shown)?;
    let file = File::create(&path).map_err(shown)?;
    file.lock().map_err(shown)?;
    Ok(Lock(file))
}
