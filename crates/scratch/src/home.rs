//! The folder of a private server: short enough for a socket's path, and passable for the server's account.

use std::io;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::{Before, Folder, PREFIX};

/// Longest path of a lab's folder: with the socket's name it must fit into 107 bytes.
const LONGEST: usize = 80;

/// How long the end of a folder's name is, which differs from lab to lab.
const RANDOM: usize = 6;

/// The name of a lab's log.
const LOG: &str = "log";

/// How many lines of a log a failure shows.
const TAIL: usize = 12;

impl Folder {
    /// Makes a folder for a private server of this `kind` in a temporary place.
    ///
    /// # Errors
    /// When no temporary place will do.
    pub fn for_server(kind: &str, account: Account, before: Before) -> io::Result<Self> {
        let candidates = [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")];
        let own = "/".len() + PREFIX.len() + kind.len() + "-".len() + RANDOM;
        let mut last = None;
        for parent in candidates {
            if parent.as_os_str().len() + own > LONGEST || !account.reaches(&parent) {
                continue;
            }
            match Self::new(&parent, kind, before) {
                Ok(folder) => return Ok(folder),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::Error::other("its path is too long, or the server's account can't reach it")))
    }

    /// The file for what its server says.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.path().join(LOG)
    }
}

/// The last lines of a server's log; nothing when there is none.
#[must_use]
pub fn tail(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}
