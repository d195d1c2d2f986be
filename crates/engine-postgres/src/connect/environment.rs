//! What libpq reads from its surroundings: environment variables, the home folder, the user's name.
//!
//! Captured once into a value, so that parsing stays a function of its arguments and tests need not
//! change the process' environment.

use std::collections::HashMap;
use std::path::PathBuf;

/// Environment variables that stand for connection parameters.
const VARIABLES: [(&str, &str); 18] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGPASSFILE", "passfile"),
    ("PGSERVICE", "service"),
    ("PGOPTIONS", "options"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGSSLNEGOTIATION", "sslnegotiation"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGSSLCRL", "sslcrl"),
];

/// The surroundings of a connection.
#[derive(Default)]
pub(super) struct Environment {
    /// Parameters that variables set.
    pub(super) parameters: HashMap<&'static str, String>,
    /// `PGSERVICEFILE`.
    pub(super) service_file: Option<PathBuf>,
    /// `PGSYSCONFDIR`.
    pub(super) system_folder: Option<PathBuf>,
    /// Home folder.
    pub(super) home: Option<PathBuf>,
    /// Name of the operating system's user.
    pub(super) user: Option<String>,
}

impl Environment {
    /// The process' own.
    pub(super) fn of_process() -> Self {
        Self {
            parameters: VARIABLES.iter().filter_map(|(name, key)| Some((*key, set(name)?))).collect(),
            service_file: set("PGSERVICEFILE").map(PathBuf::from),
            system_folder: set("PGSYSCONFDIR").map(PathBuf::from),
            home: std::env::home_dir(),
            user: user_name(),
        }
    }
}

/// A variable; an empty one counts as not set, as in libpq.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The user's name as the system knows it, else as the session says.
fn user_name() -> Option<String> {
    of_passwd().or_else(|| set("USER")).or_else(|| set("LOGNAME")).or_else(|| set("USERNAME"))
}

#[cfg(target_os = "linux")]
fn of_passwd() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

#[cfg(not(target_os = "linux"))]
fn of_passwd() -> Option<String> {
    None
}
