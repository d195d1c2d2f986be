//! Finds the PostgreSQL server, or the programs to start a private one, of a major version.

use std::env;
use std::path::PathBuf;

use crate::engines::{programs, server_url, variable};

/// The major versions that every test run uses.
pub const MAJORS: [u32; 3] = [15, 17, 18];

/// The major versions to test what holds for every version on: those in `DBWRIGHT_TEST_MAJORS` (`13` or `13,17`), else
/// [`MAJORS`].
///
/// # Errors
/// When the variable holds anything but numbers.
pub fn majors() -> Result<Vec<u32>, String> {
    let text = env::var("DBWRIGHT_TEST_MAJORS").unwrap_or_default();
    if text.is_empty() {
        return Ok(MAJORS.to_vec());
    }
    let number = |part: &str| part.trim().parse().map_err(|e| format!("DBWRIGHT_TEST_MAJORS={text}: {part:?}: {e}"));
    text.split(',').map(number).collect()
}

/// The URL of a running server of this major version, as superuser: `DBWRIGHT_TEST_POSTGRES<major>_URL`, else
/// `DBWRIGHT_TEST_POSTGRES_URL` (one server for every version), else the one that `cargo xtask servers up` started.
///
/// # Panics
/// When there is none, with the reason and what to do.
#[must_use]
pub fn postgres_url(major: u32) -> String {
    let name = format!("postgres{major}");
    let is_set = |name: &str| env::var(name).is_ok_and(|url| !url.is_empty());
    if !is_set(&variable(&name)) && is_set("DBWRIGHT_TEST_POSTGRES_URL") {
        return env::var("DBWRIGHT_TEST_POSTGRES_URL").unwrap_or_default();
    }
    server_url(&name)
}

/// The folder with `initdb`, `postgres`, `pg_ctl` and `psql` of this major version, for a private server:
/// `DBWRIGHT_TEST_POSTGRES<major>_BIN`, else what `cargo xtask servers up` fetched, else Debian's own folder.
/// The programs run from where they are; as root, pass the command through
/// [`drop_privileges`](crate::process::drop_privileges).
///
/// # Panics
/// When there is none, with the reason and what to do.
#[must_use]
pub fn postgres_bin(major: u32) -> PathBuf {
    programs(&format!("postgres{major}"))
}
