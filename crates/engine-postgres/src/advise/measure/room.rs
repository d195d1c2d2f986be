//! Whether a copy fits on the disk, and how much memory its server may take.

use std::path::Path;

use dbwright_core::Failure;

/// What a copy takes on the disk for each byte of rows: the rows, their indexes, sorting, and some air.
const ROOM: f64 = 2.5;
/// What a server takes before it holds anything.
const EMPTY: u64 = 200 << 20;

/// # Errors
/// When the disk is too full.
pub(super) fn check(folder: &Path, bytes: u64) -> Result<(), Failure> {
    let wanted = EMPTY + whole(bytes as f64 * ROOM);
    let Ok(disk) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free >= wanted {
        return Ok(());
    }
    let mb = |bytes: u64| bytes.div_ceil(1 << 20);
    Err(Failure::internal(
        "lab.disk",
        format!("a copy needs about {} MB in {}, where {} MB are free", mb(wanted), folder.display(), mb(free)),
    )
    .hint("copy fewer rows with --copy-bytes, or point TMPDIR at a larger disk"))
}

/// A figure without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of f64 saturates, as it should")]
pub(super) fn whole(value: f64) -> u64 {
    value as u64
}

/// Pages of cache in MB: what the target has, as far as the rows need it and this machine can give it.
pub(super) fn cache_mb(target_mb: u64, bytes: u64) -> u64 {
    let needed = bytes.div_ceil(1 << 20) * 2;
    target_mb.min(needed.max(128)).min(memory_mb() / 4).max(16)
}

/// Memory of this machine.
fn memory_mb() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kb: Option<u64> = line.and_then(|line| line.split_whitespace().next()).and_then(|word| word.parse().ok());
    kb.map_or(2048, |kb| kb / 1024)
}
