//! Where fetched servers and the record of running ones are kept.
//!
//! Outside the checkout, so that worktrees and a `cargo clean` share and keep them.

use std::env;
use std::path::PathBuf;

use crate::process;

/// The cache folder: `DBWRIGHT_CACHE`, else `/var/cache/dbwright` as root, else `$XDG_CACHE_HOME/dbwright`
/// (`~/.cache/dbwright`). It need not exist.
///
/// # Panics
/// When none of these variables nor `HOME` is set for a user other than root.
#[must_use]
pub fn folder() -> PathBuf {
    if let Some(set) = env::var_os("DBWRIGHT_CACHE").filter(|v| !v.is_empty()) {
        return PathBuf::from(set);
    }
    if process::is_root() {
        return PathBuf::from("/var/cache/dbwright");
    }
    let base = env::var_os("XDG_CACHE_HOME").filter(|v| !v.is_empty()).map(PathBuf::from);
    base.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))
        .expect("set DBWRIGHT_CACHE: neither XDG_CACHE_HOME nor HOME says where a cache may be")
        .join("dbwright")
}

/// The folder with a server's programs and libraries, whole when it exists (`bin` inside leads to the programs).
#[must_use]
pub fn software(name: &str) -> PathBuf {
    folder().join("soft").join(name)
}

/// The folder with what belongs to one running server: its record, its log and its data.
#[must_use]
pub fn run(name: &str) -> PathBuf {
    folder().join("run").join(name)
}

/// The folder with data of a server that nobody has used yet, to be copied.
#[must_use]
pub fn template(name: &str) -> PathBuf {
    folder().join("template").join(name)
}

/// The file with the reason why a server could not be had the last time, when that was so.
#[must_use]
pub fn failure(name: &str) -> PathBuf {
    run(name).join("failure.txt")
}
