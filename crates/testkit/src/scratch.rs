//! A temporary folder that the unprivileged server user can work in.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use tempfile::TempDir;

use crate::{memory, process};

/// A temporary folder, owned by the user that servers run as; removed when dropped.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// Makes an empty one.
    ///
    /// # Panics
    /// When the system's temporary folder can't be written.
    #[must_use]
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// Makes an empty one in memory when there is room ([`memory::folder`]), for the data of a server: else as [`Self::new`].
    ///
    /// # Panics
    /// When the folder can't be written.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::below(&memory::folder().unwrap_or_else(std::env::temp_dir))
    }

    fn below(parent: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("dbwright-test-").tempdir_in(parent).expect("a temporary folder");
        process::give_away(folder.path()).expect("root may give a folder away");
        Self(folder)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

/// Removes a folder that may not be there.
pub(crate) fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(format!("{}: {e}", folder.display())),
        _ => Ok(()),
    }
}
