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

/// By default it would take 540 MB; most of what is cut here is filled at the start and never needed.
const MYSQL: &[&str] = &[
    "--mysqlx=OFF",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--innodb-log-buffer-size=4M",
    "--performance-schema-digests-size=5000",
    "--performance-schema-events-statements-history-long-size=1000",
    "--performance-schema-events-waits-history-long-size=100",
    "--performance-schema-events-stages-history-long-size=100",
    "--performance-schema-events-transactions-history-long-size=100",
];

const MARIADB: &[&str] = &[
    "--userstat=ON",
    "--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON", // as it is in MySQL
    "--innodb-log-file-size=32M",
    "--aria-pagecache-buffer-size=8M",
    "--gtid-strict-mode=ON",
];

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
