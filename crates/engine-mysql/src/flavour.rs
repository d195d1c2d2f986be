//! MySQL or MariaDB: every fact that differs between the two, as data in one place.

mod queries;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Which of the two a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// MySQL, or a build of it (Percona Server, Aurora, …).
    MySql,
    /// MariaDB.
    MariaDb,
}

/// A server: what it is, and what it says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// MySQL or MariaDB.
    pub flavour: Flavour,
    /// Major, minor and patch version.
    pub version: (u16, u16, u16),
    /// `VERSION()`, as the server prints it.
    pub text: String,
    /// `@@version_comment`.
    pub comment: String,
    /// The server's clock.
    pub now: Timestamp,
    /// Seconds since it started; counters that nobody reset cover this time.
    pub uptime_s: u64,
    /// The account that the session runs as: `user@host`, as the grant tables have it.
    pub account: String,
    /// The database that the URL named.
    pub database: Option<String>,
    /// `@@hostname`.
    pub hostname: String,
    /// 0: names of tables differ by case; 1: they are kept in lower case; 2: kept as given, compared in lower case.
    pub lower_case_table_names: u8,
    /// Bytes of an InnoDB page.
    pub page_size: u64,
    /// Whether `performance_schema` is on.
    pub performance_schema: bool,
    /// Whether clients may not write: `read_only`, or `super_read_only`.
    pub read_only: bool,
    /// How dbwright reached it.
    pub tls: bool,
}

/// How a flavour keeps an index from being used without dropping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hiding {
    /// The clause that hides it: `INVISIBLE`, `IGNORED`.
    pub hide: &'static str,
    /// The clause that shows it again.
    pub show: &'static str,
}

/// A form of `EXPLAIN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainForm {
    /// `EXPLAIN FORMAT=JSON`, in the version that the session has; MariaDB has only one.
    Json,
    /// MySQL's first version (`explain_json_format_version = 1`).
    JsonV1,
    /// MySQL's second version (`explain_json_format_version = 2`).
    JsonV2,
    /// `EXPLAIN FORMAT=TREE`.
    Tree,
    /// `EXPLAIN ANALYZE` (MySQL, as a tree): runs the statement.
    AnalyzeTree,
    /// `ANALYZE FORMAT=JSON` (MariaDB): runs the statement.
    AnalyzeJson,
}

/// A setting of our own session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionLimit {
    /// Variable.
    pub(crate) variable: &'static str,
    /// How many of its units are a second.
    pub(crate) per_second: f64,
}

impl Flavour {
    /// The flavour of a `VERSION()`.
    #[must_use]
    pub fn of(version: &str) -> Self {
        if version.to_ascii_lowercase().contains("mariadb") { Self::MariaDb } else { Self::MySql }
    }

    /// Its name as its makers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
        }
    }

    /// The session's limit on the time of a `SELECT`.
    pub(crate) const fn statement_limit(self) -> SessionLimit {
        match self {
            Self::MySql => SessionLimit { variable: "max_execution_time", per_second: 1000.0 },
            Self::MariaDb => SessionLimit { variable: "max_statement_time", per_second: 1.0 },
        }
    }

    /// Settings of our own session besides those that both have.
    pub(crate) const fn session_settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // Figures of this moment: cached ones may be a day old, and filling the cache would be a write.
            Self::MySql => &[("information_schema_stats_expiry", "0")],
            Self::MariaDb => &[],
        }
    }

    /// The variable that holds a session's isolation level.
    #[must_use]
    pub const fn isolation_variable(self) -> &'static str {
        match self {
            Self::MySql => "transaction_isolation",
            Self::MariaDb => "tx_isolation",
        }
    }

    /// The column of `information_schema.STATISTICS` that says whether the optimiser may use an index, and the word for yes.
    pub(crate) const fn usable_column(self) -> (&'static str, &'static str) {
        match self {
            Self::MySql => ("IS_VISIBLE", "YES"),
            Self::MariaDb => ("IGNORED", "NO"),
        }
    }

    /// The column of `information_schema.STATISTICS` that holds the expression of a functional part; MariaDB has none.
    pub(crate) const fn expression_column(self) -> &'static str {
        match self {
            Self::MySql => "EXPRESSION",
            Self::MariaDb => "NULL",
        }
    }

    /// Whether foreign keys are read from the tables of `InnoDB`: MariaDB opens every table for those of the standard.
    pub(crate) const fn foreign_keys_from_innodb(self) -> bool {
        matches!(self, Self::MariaDb)
    }

    /// Whether `performance_schema` counts statements by how long they took.
    pub(crate) const fn has_statement_histogram(self) -> bool {
        matches!(self, Self::MySql)
    }

    /// Whether `performance_schema` keeps one statement of each shape with its values.
    pub(crate) const fn keeps_samples(self) -> bool {
        matches!(self, Self::MySql)
    }

    /// Which schemas belong to the server itself.
    #[must_use]
    pub const fn system_schemas(self) -> &'static [&'static str] {
        &["information_schema", "mysql", "performance_schema", "sys"]
    }

    /// What lets an account see the bodies of routines.
    pub(crate) const fn routines_grant(self) -> &'static str {
        match self {
            Self::MySql => "GRANT SHOW_ROUTINE ON *.* TO the account",
            Self::MariaDb => "GRANT SELECT ON mysql.proc TO the account",
        }
    }

    /// What lets an account see how a replica is doing.
    pub(crate) const fn replication_grant(self) -> &'static str {
        match self {
            Self::MySql => "GRANT REPLICATION CLIENT ON *.* TO the account",
            Self::MariaDb => "GRANT BINLOG MONITOR, SLAVE MONITOR ON *.* TO the account",
        }
    }

    /// How a replica tells of itself.
    #[must_use]
    pub const fn replica_status(self) -> &'static str {
        match self {
            Self::MySql => "SHOW REPLICA STATUS",
            Self::MariaDb => "SHOW ALL SLAVES STATUS",
        }
    }

    /// How its server gets onto a machine.
    pub(crate) const fn installed_by(self) -> &'static str {
        match self {
            Self::MySql => {
                "install it: `apt install mysql-server-core-8.0` (Ubuntu), `dnf install mysql-server`, `brew install mysql`, \
                 or the archive of https://dev.mysql.com/downloads/mysql/, unpacked anywhere"
            }
            Self::MariaDb => {
                "install it: `apt install mariadb-server-core`, `dnf install mariadb-server` or `brew install mariadb`"
            }
        }
    }

    /// How an index is hidden from the optimiser.
    #[must_use]
    pub const fn hides_indexes_by(self) -> Hiding {
        match self {
            Self::MySql => Hiding { hide: "INVISIBLE", show: "VISIBLE" },
            Self::MariaDb => Hiding { hide: "IGNORED", show: "NOT IGNORED" },
        }
    }

    /// The forms of `EXPLAIN` that the flavour has in its newest version.
    #[must_use]
    pub const fn explain_forms(self) -> &'static [ExplainForm] {
        match self {
            Self::MySql => &[ExplainForm::JsonV1, ExplainForm::JsonV2, ExplainForm::Tree, ExplainForm::AnalyzeTree],
            Self::MariaDb => &[ExplainForm::Json, ExplainForm::AnalyzeJson],
        }
    }
}

impl Server {
    /// Whether it is MySQL.
    #[must_use]
    pub fn is_mysql(&self) -> bool {
        self.flavour == Flavour::MySql
    }

    /// Whether it is MariaDB.
    #[must_use]
    pub fn is_mariadb(&self) -> bool {
        self.flavour == Flavour::MariaDb
    }

    /// Whether it is at least of a version: the first for MySQL, the second for MariaDB.
    #[must_use]
    pub fn at_least(&self, mysql: (u16, u16, u16), mariadb: (u16, u16, u16)) -> bool {
        self.version >= if self.is_mysql() { mysql } else { mariadb }
    }

    /// `INVISIBLE` or `IGNORED`, when the version has it.
    #[must_use]
    pub fn hides_indexes_by(&self) -> Option<Hiding> {
        self.at_least((8, 0, 0), (10, 6, 0)).then(|| self.flavour.hides_indexes_by())
    }
}

/// Major, minor and patch number at the start of a `VERSION()`. MariaDB may hide its own behind a `5.5.5-` for old replicas.
#[must_use]
pub fn version_numbers(text: &str) -> (u16, u16, u16) {
    let own =
        text.strip_prefix("5.5.5-").filter(|rest| rest.starts_with("10.") || rest.starts_with("11.")).unwrap_or(text);
    let mut numbers = own.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse::<u16>().ok());
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_servers_print() {
        let cases = [
            ("9.7.4-2", Flavour::MySql, (9, 7, 4)),
            ("8.0.36-0ubuntu0.22.04.1", Flavour::MySql, (8, 0, 36)),
            ("10.11.18-MariaDB-0+deb12u1-log", Flavour::MariaDb, (10, 11, 18)),
            ("5.5.5-10.6.12-MariaDB", Flavour::MariaDb, (10, 6, 12)),
            ("nonsense", Flavour::MySql, (0, 0, 0)),
        ];
        for (text, flavour, version) in cases {
            assert_eq!((Flavour::of(text), version_numbers(text)), (flavour, version), "{text}");
        }
    }
}
