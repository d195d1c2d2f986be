//! The folder of a private server: short enough for a socket's path, and passable for the server's account.

use std::io;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::{Before, Folder, PREFIX, memory};

/// Longest path of a lab's folder: with the socket's name it must fit into 107 bytes.
const LONGEST: usize = 80;

/// What must be free in memory for a server that holds little. Containers usually give less, and get the disk.
const ROOM: u64 = 1 << 30;

/// How long the end of a folder's name is, which differs from lab to lab.
const RANDOM: usize = 6;

/// The name of a lab's log.
const LOG: &str = "log";

/// How many lines of a log a failure shows.
const TAIL: usize = 12;

/// What a private server will hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Load {
    /// Rows: its files lie on a disk.
    #[default]
    Rows,
    /// A catalog, and files that are long but empty: they lie in memory where there is enough of it. Making and removing
    /// hundreds of files there takes no time, and a disk is not written to.
    Catalog,
}

impl Folder {
    /// Makes a folder for a private server of this `kind` in a temporary place.
    ///
    /// # Errors
    /// When no temporary place will do.
    pub fn for_server(kind: &str, account: Account, load: Load, before: Before) -> io::Result<Self> {
        let memory = (load == Load::Catalog).then(in_memory).flatten();
        let disks = [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")];
        let candidates = memory.into_iter().chain(disks);
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

/// The place in memory, when there is room and nobody said where temporary files belong.
fn in_memory() -> Option<PathBuf> {
    let chosen = std::env::var_os("TMPDIR").is_some_and(|folder| !folder.is_empty());
    if chosen { None } else { memory::folder(ROOM) }
}

/// The last lines of a server's log; nothing when there is none.
#[must_use]
pub fn tail(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &Path) {}

    #[test]
    fn rows_lie_on_a_disk_and_a_catalog_in_memory_where_there_is_room() {
        let parent = |load| {
            let folder = Folder::for_server("home-test", Account::choose("nobody")?, load, nothing)?;
            Ok::<_, io::Error>(folder.path().parent().map(Path::to_owned))
        };
        let rows = parent(Load::Rows).expect("a folder");
        assert!(in_memory().is_none_or(|memory| rows != Some(memory)));
        let catalog = parent(Load::Catalog).expect("a folder");
        assert_eq!(catalog, in_memory().or(rows));
    }
}
