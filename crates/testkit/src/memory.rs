//! Where a test server's data costs no waiting: the memory file system, when it has room.
//!
//! Servers under test run with `fsync` on, because dbwright reads the setting, and a dropped database or a stopped
//! server waits for every file to reach the disk. In memory that wait is nothing, and no setting has to lie.

use std::fs;
use std::path::{Path, PathBuf};

/// Free bytes below which the disk is taken: some test servers at once, each with its databases and its log of changes.
const ROOM: u64 = 4 << 30;

/// The folder for such data, which anyone may write to; `None` when there is none with 4 GiB free, in the file system
/// and in the machine's memory. A container's default of 64 MB is not enough.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let shared = Path::new("/dev/shm");
    let space = rustix::fs::statvfs(shared).ok()?;
    let in_memory = rustix::fs::statfs(shared).is_ok_and(|about| about.f_type == TMPFS);
    let free = (space.f_bavail * space.f_frsize).min(available_memory()?);
    (in_memory && free >= ROOM).then(|| shared.to_owned())
}

/// What `statfs` calls a memory file system (`TMPFS_MAGIC` in linux/magic.h).
const TMPFS: i64 = 0x0102_1994;

/// Bytes that can be used without swapping, as the kernel estimates.
fn available_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_has_room() {
        let available = available_memory().expect("the kernel says how much memory there is");
        match folder() {
            Some(folder) => assert!(folder.is_dir() && available >= ROOM),
            None => assert!(!Path::new("/dev/shm").is_dir() || available < ROOM || is_small()),
        }
    }

    fn is_small() -> bool {
        rustix::fs::statvfs("/dev/shm").is_ok_and(|space| space.f_bavail * space.f_frsize < ROOM)
    }
}
