//! The record of one running server, a small JSON file in the cache folder.
//!
//! Written when the server answers, removed when it was stopped. The process inside decides whether the
//! record still means anything, so a crash can leave it behind without harm.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use crate::cache;
use crate::process::Process;

/// One running server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its name, such as `postgres17`.
    pub name: String,
    /// What the server says of itself (`postgres --version`).
    pub version: String,
    /// How to reach its maintenance database as superuser.
    pub url: String,
    /// The server's main process.
    pub process: Process,
    /// The other processes of a server that is several, such as a cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Process>,
}

impl Record {
    /// The record of a server that runs now.
    #[must_use]
    pub fn running(name: &str) -> Option<Self> {
        Self::left(name).filter(|record| record.processes().all(Process::is_alive))
    }

    /// The record as it was left, whether or not the server still runs.
    #[must_use]
    pub fn left(name: &str) -> Option<Self> {
        let text = fs::read_to_string(Self::file(name)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// All its processes.
    pub fn processes(&self) -> impl Iterator<Item = Process> {
        std::iter::once(self.process).chain(self.others.iter().copied())
    }

    /// Writes the record, whole or not at all.
    ///
    /// # Errors
    /// When the cache folder can't be written.
    pub fn save(&self) -> io::Result<()> {
        let file = Self::file(&self.name);
        let fresh = file.with_extension("new");
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        fs::rename(fresh, file)
    }

    /// Removes the record of `name`, if there is one.
    pub fn remove(name: &str) {
        let _ = fs::remove_file(Self::file(name)); // absent is what was wanted
    }

    fn file(name: &str) -> std::path::PathBuf {
        cache::run(name).join("server.json")
    }
}
