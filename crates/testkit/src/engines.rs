//! Finds a running server, or the programs to start a private one, by the server's name.
//!
//! Names are those of `cargo xtask servers`: `mysql`, `mariadb`, `mariadb11`, `redis`, `redis8`, `valkey`, `redis-cluster`, `postgres17`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cache;
use crate::record::Record;

/// The names that `DBWRIGHT_TEST_SKIP` (`mysql` or `mysql,valkey`) doesn't leave out: what a test that holds for several
/// engines runs on. Skipping is for machines where an engine can't be had; it is never decided here.
#[must_use]
pub fn engines<'a>(names: &[&'a str]) -> Vec<&'a str> {
    names.iter().copied().filter(|name| !is_skipped(name)).collect()
}

/// Whether `DBWRIGHT_TEST_SKIP` leaves this server out.
#[must_use]
pub fn is_skipped(name: &str) -> bool {
    env::var("DBWRIGHT_TEST_SKIP").is_ok_and(|list| names(&list, name))
}

fn names(list: &str, name: &str) -> bool {
    list.split(',').any(|skipped| skipped.trim() == name)
}

/// The environment variable with the URL of this test server: `DBWRIGHT_TEST_REDIS_CLUSTER_URL` for `redis-cluster`.
#[must_use]
pub fn variable(name: &str) -> String {
    format!("{}_URL", stem(name))
}

fn stem(name: &str) -> String {
    format!("DBWRIGHT_TEST_{}", name.to_uppercase().replace('-', "_"))
}

/// The server that a name stands for: with `DBWRIGHT_TEST_MYSQL=mysql80` every test of MySQL runs on MySQL 8.0.
#[must_use]
pub fn meant(name: &str) -> &str {
    const OTHER: &str = "mysql80";
    let is_asked_for = || env::var("DBWRIGHT_TEST_MYSQL").is_ok_and(|other| other == OTHER);
    if name == "mysql" && is_asked_for() { OTHER } else { name }
}

/// The URL of a running server, as superuser: from its variable, else the one that `cargo xtask servers up` started.
///
/// # Panics
/// When there is none, with the reason and what to do.
#[must_use]
pub fn server_url(name: &str) -> String {
    let name = meant(name);
    let set = env::var(variable(name)).ok().filter(|url| !url.is_empty());
    set.or_else(|| Some(Record::running(name)?.url)).unwrap_or_else(|| {
        panic!(
            "no {name} to test with{}: run `cargo xtask servers up {name}`, or set {} to the URL of a superuser{}",
            reason(name),
            variable(name),
            way_out(name),
        )
    })
}

/// The folder with the programs of a server, for a private one: `DBWRIGHT_TEST_<NAME>_BIN`, else what
/// `cargo xtask servers up` fetched, else the system's own folders. The programs run from where they are; as root, pass
/// the command through [`drop_privileges`](crate::process::drop_privileges).
///
/// # Panics
/// When there is none, with the reason and what to do.
#[must_use]
pub fn programs(name: &str) -> PathBuf {
    let name = meant(name);
    let variable = format!("{}_BIN", stem(name));
    let software = if name == "redis-cluster" { "redis" } else { name };
    let candidates = [env::var_os(&variable).map(PathBuf::from), Some(cache::software(software).join("bin"))];
    let main = main_program(software);
    let found = candidates.into_iter().flatten().find(|folder| folder.join(main).is_file());
    found.or_else(|| installed(software)).unwrap_or_else(|| {
        panic!(
            "no programs of {name}{}: run `cargo xtask servers up {name}`, or set {variable} to the folder of {main}{}",
            reason(software),
            way_out(name),
        )
    })
}

/// The program that is the server.
#[must_use]
pub fn main_program(name: &str) -> &'static str {
    match name {
        "mysql" | "mysql80" => "mysqld",
        "mariadb" | "mariadb11" => "mariadbd",
        "redis" | "redis8" | "redis-cluster" => "redis-server",
        "valkey" => "valkey-server",
        "percona-toolkit" => "pt-online-schema-change",
        "pgbouncer" => "pgbouncer",
        _ => "postgres",
    }
}

/// The system's folder that has the server installed.
#[must_use]
pub fn installed(name: &str) -> Option<PathBuf> {
    let own = name.strip_prefix("postgres").map(|major| format!("/usr/lib/postgresql/{major}/bin"));
    let folders = own.as_deref().map_or_else(|| vec!["/usr/sbin", "/usr/bin", "/usr/local/bin"], |own| vec![own]);
    let found = folders.into_iter().map(Path::new).find(|folder| is_the_server(folder, name));
    found.map(Path::to_owned)
}

/// `mysqld` may be MariaDB's, under its old name.
fn is_the_server(folder: &Path, name: &str) -> bool {
    let program = folder.join(main_program(name));
    program.is_file() && !(name.starts_with("mysql") && folder.join("mariadbd").is_file())
}

/// Why the last attempt to start this server failed, as the end of a sentence.
pub(crate) fn reason(name: &str) -> String {
    fs::read_to_string(cache::failure(name)).map(|text| format!(" ({})", text.trim())).unwrap_or_default()
}

/// PostgreSQL's versions are chosen by `DBWRIGHT_TEST_MAJORS` instead.
fn way_out(name: &str) -> String {
    if name.starts_with("postgres") {
        return String::new();
    }
    format!("; where it can't be had, DBWRIGHT_TEST_SKIP={name} leaves it out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_its_variable_and_a_list_names_whole_names() {
        assert_eq!(variable("redis-cluster"), "DBWRIGHT_TEST_REDIS_CLUSTER_URL");
        assert_eq!(variable("postgres17"), "DBWRIGHT_TEST_POSTGRES17_URL");
        assert!(names("valkey, mysql", "mysql"));
        assert!(!names("redis-cluster", "redis") && !names("", "mysql"));
    }
}
