//! The memory file system, where files cost no waiting.

use std::path::PathBuf;

/// Where Linux has it.
#[cfg(target_os = "linux")]
const SHARED: &str = "/dev/shm";

/// What `statfs` calls a memory file system (`TMPFS_MAGIC` in linux/magic.h).
#[cfg(target_os = "linux")]
const TMPFS: i64 = 0x0102_1994;

/// Its folder, which anyone may write to; `None` when there is none with this many bytes free, in the file system and in the
/// machine's memory. A container's default of 64 MB is seldom enough.
#[cfg(target_os = "linux")]
#[must_use]
pub fn folder(room: u64) -> Option<PathBuf> {
    let space = rustix::fs::statvfs(SHARED).ok()?;
    let in_memory = rustix::fs::statfs(SHARED).is_ok_and(|about| about.f_type == TMPFS);
    let free = space.f_bavail.saturating_mul(space.f_frsize).min(available()?);
    (in_memory && free >= room).then(|| SHARED.into())
}

/// Only Linux has it at a place that is known.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub const fn folder(_room: u64) -> Option<PathBuf> {
    None
}

/// Bytes that can be used without swapping, as the kernel estimates.
#[cfg(target_os = "linux")]
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::Path;

    use super::*;

    const ROOM: u64 = 4 << 30;

    #[test]
    fn what_is_named_has_room() {
        let available = available().expect("the kernel says how much memory there is");
        match folder(ROOM) {
            Some(folder) => assert!(folder.is_dir() && available >= ROOM),
            None => assert!(!Path::new(SHARED).is_dir() || available < ROOM || is_small()),
        }
    }

    fn is_small() -> bool {
        rustix::fs::statvfs(SHARED).is_ok_and(|space| space.f_bavail * space.f_frsize < ROOM)
    }
}
