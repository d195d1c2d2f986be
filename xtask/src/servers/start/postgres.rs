//! PostgreSQL: `initdb`, settings, `pg_isready`.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use dbwright_testkit::launch::{launch, on_a_free_port};
use dbwright_testkit::process::drop_privileges;

use crate::Done;
use crate::command::quietly;

/// Makes the data in `home` and starts a server on them; gives its URL, too.
pub(super) fn start(bin: &Path, home: &Path, log: &Path) -> Done<(String, Child)> {
    make_data(bin, home)?;
    on_a_free_port(|port| {
        let mut command = Command::new(bin.join("postgres"));
        command.arg("-D").arg(home).args(settings(port));
        let child = launch(&mut command, log, || answers(bin, port))?;
        Ok((format!("postgresql://postgres@127.0.0.1:{port}/postgres"), child))
    })
}

fn make_data(bin: &Path, data: &Path) -> Done {
    let mut initdb = Command::new(bin.join("initdb"));
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]);
    quietly(drop_privileges(initdb.arg(data).current_dir("/")))
        .map_err(|reason| format!("{reason}\n(the user that runs servers must be able to reach {})", data.display()))?;
    // A role in this group needs its password, so that tests can be refused one.
    let rules = "host all +dbwright_test_password 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n\
                 host replication all 127.0.0.1/32 trust\n";
    fs::write(data.join("pg_hba.conf"), rules).map_err(|e| format!("{}: {e}", data.display()))
}

/// The settings, of a healthy server except that a commit need not wait for the disk.
fn settings(port: u16) -> Vec<String> {
    let pairs = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=100",
        "shared_preload_libraries=pg_stat_statements,auto_explain",
        // All tests share it, and entries of databases that are gone stay: a full one forgets what a test has just run.
        "pg_stat_statements.max=50000",
        "wal_level=logical",
        "track_io_timing=on",
        "max_prepared_transactions=10",
        "synchronous_commit=off",
        "max_locks_per_transaction=256",
    ];
    let port = format!("port={port}");
    pairs.into_iter().chain([port.as_str()]).flat_map(|pair| ["-c".to_owned(), pair.to_owned()]).collect()
}

pub(super) fn answers(bin: &Path, port: u16) -> bool {
    let mut command = Command::new(bin.join("pg_isready"));
    command.args(["-q", "-h", "127.0.0.1", "-U", "postgres", "-t", "3", "-p", &port.to_string()]);
    quietly(&mut command).is_ok()
}
