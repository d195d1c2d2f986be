//! Finds the PostgreSQL server, or the programs to start a private one, of a major version.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::cache;
use crate::record::Record;

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

/// The environment variable with the URL of the test server of this major version.
#[must_use]
pub fn url_variable(major: u32) -> String {
    format!("DBWRIGHT_TEST_POSTGRES{major}_URL")
}

/// The URL of a running server of this major version, as superuser: `DBWRIGHT_TEST_POSTGRES<major>_URL`, else
/// `DBWRIGHT_TEST_POSTGRES_URL` (one server for every version), else the one that `cargo xtask servers up` started.
///
/// # Panics
/// When there is none, with the reason and what to do.
#[must_use]
pub fn postgres_url(major: u32) -> String {
    let named = [url_variable(major), "DBWRIGHT_TEST_POSTGRES_URL".to_owned()];
    if let Some(url) = named.iter().find_map(|name| env::var(name).ok().filter(|url| !url.is_empty())) {
        return url;
    }
    let name = format!("postgres{major}");
    match Record::running(&name) {
        Some(record) => record.url,
        None => panic!(
            "no PostgreSQL {major} to test with{}: run `cargo xtask servers up {name}`, or set {} to the URL of a superuser",
            reason(&name),
            named[0],
        ),
    }
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
    let name = format!("postgres{major}");
    let variable = format!("DBWRIGHT_TEST_POSTGRES{major}_BIN");
    let candidates = [
        env::var_os(&variable).map(PathBuf::from),
        Some(cache::software(&name).join("bin")),
        Some(PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"))),
    ];
    let found = candidates.into_iter().flatten().find(|folder| folder.join("initdb").is_file());
    found.unwrap_or_else(|| {
        panic!(
            "no programs of PostgreSQL {major}{}: run `cargo xtask servers up {name}`, or set {variable}",
            reason(&name)
        )
    })
}

/// Why the last attempt to start this server failed, as the end of a sentence.
fn reason(name: &str) -> String {
    fs::read_to_string(cache::failure(name)).map(|text| format!(" ({})", text.trim())).unwrap_or_default()
}
