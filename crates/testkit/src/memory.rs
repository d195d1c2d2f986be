//! Where a test server's data costs no waiting: the memory file system, when it has room.
//!
//! Servers under test run with `fsync` on, because dbwright reads the setting, and a dropped database or a stopped
//! server waits for every file to reach the disk. In memory that wait is nothing, and no setting has to lie.

use std::path::PathBuf;

/// Free bytes below which the disk is taken: some test servers at once, each with its databases and its log of changes.
const ROOM: u64 = 4 << 30;

/// The folder for such data; `None` when there is none with enough room.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    dbwright_scratch::memory::folder(ROOM)
}
