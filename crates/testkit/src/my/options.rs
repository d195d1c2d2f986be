//! The options of a test server: a healthy one, small in memory.

use super::{Flavour, Instance, with};

/// What both take. Durability is as it should be, since dbwright reads it: the data are in memory when there is room.
const BOTH: &[&str] = &[
    "--bind-address=127.0.0.1",
    "--server-id=1",
    "--log-bin=binlog",
    "--binlog-format=ROW",
    "--sync-binlog=1",
    "--innodb-flush-log-at-trx-commit=1",
    "--performance-schema=ON",
    "--local-infile=OFF",
    "--max-connections=120",
    "--innodb-buffer-pool-size=64M",
    "--key-buffer-size=1M",
    "--table-open-cache=1000",
    "--table-definition-cache=1000",
];

const MYSQL: &[&str] = &["--mysqlx=OFF", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"];

const MARIADB: &[&str] =
    &["--userstat=ON", "--innodb-log-file-size=32M", "--aria-pagecache-buffer-size=8M", "--gtid-strict-mode=ON"];

/// All of them for an instance on this port; what a test adds comes after these and wins.
pub(super) fn of(instance: &Instance<'_>, port: u16) -> Vec<String> {
    let own = match instance.flavour {
        Flavour::MySql => MYSQL,
        Flavour::MariaDb => MARIADB,
    };
    let places = [
        format!("--port={port}"),
        with("--socket=", &instance.socket()),
        with("--pid-file=", &instance.home.join("server.pid")),
        with("--secure-file-priv=", &instance.home.join("files")),
    ];
    places.into_iter().chain(BOTH.iter().chain(own).map(ToString::to_string)).collect()
}
