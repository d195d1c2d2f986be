//! Queries, names and statements that differ between the two, for what is observed and mended beyond the catalog.

use super::{Flavour, Server};

/// How waits for row locks are read: waiter, blocker, seconds, table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LockWaits {
    /// The query.
    pub(crate) sql: &'static str,
    /// What lets an account read it.
    pub(crate) grant: &'static str,
    /// Where it reads.
    pub(crate) source: &'static str,
}

/// How figures of InnoDB are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Metrics {
    /// A query for names and values; none where the status has them.
    pub(crate) sql: Option<&'static str>,
    /// Name of the history list's length.
    pub(crate) history: &'static str,
    /// Name of the number of deadlocks.
    pub(crate) deadlocks: &'static str,
    /// Where they are.
    pub(crate) source: &'static str,
}

/// How accounts are read: user, host, plugin, whether there is a secret, locked, role, superuser, TLS, FILE.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accounts {
    /// The query.
    pub(crate) sql: &'static str,
    /// What lets an account read it.
    pub(crate) grant: &'static str,
    /// Which roles are granted to whom: user and host of the role, user and host of who has it. The host of a role is empty on MariaDB.
    pub(crate) roles: &'static str,
    /// What lets an account read that.
    pub(crate) roles_grant: &'static str,
}

/// The redo log's size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RedoLog {
    /// Variable with the size, of one file when there are several.
    pub(crate) variable: &'static str,
    /// Variable with the number of files.
    pub(crate) files: Option<&'static str>,
    /// Whether it changes while the server runs.
    pub(crate) dynamic: bool,
}

/// The words in which a replica is spoken of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplicaWords {
    /// The statement that shows its state.
    pub(crate) status: &'static str,
    noun: &'static str,
    mariadb: bool,
}

impl ReplicaWords {
    /// The clause that names a channel.
    pub(crate) fn channel(self, name: &str) -> String {
        let literal = dbwright_sql::Dialect::Mysql.literal(name);
        if self.mariadb { format!(" {literal}") } else { format!(" FOR CHANNEL {literal}") }
    }

    /// The statements that start and stop a part of it.
    pub(crate) fn start_stop(self, part: &str, channel: &str) -> (String, String) {
        let noun = self.noun;
        // MariaDB names the connection before the thread, MySQL after it.
        let end = if self.mariadb { format!("{channel}{part}") } else { format!("{part}{channel}") };
        (format!("START {noun}{end}"), format!("STOP {noun}{end}"))
    }
}

impl Flavour {
    /// Where the sources of variables are read.
    pub(crate) const fn variable_sources(self) -> &'static str {
        match self {
            Self::MySql => "performance_schema.variables_info",
            Self::MariaDb => "information_schema.SYSTEM_VARIABLES",
        }
    }

    /// Where roles of accounts are read.
    pub(crate) const fn roles_source(self) -> &'static str {
        match self {
            Self::MySql => "mysql.role_edges",
            Self::MariaDb => "mysql.roles_mapping",
        }
    }

    /// How the binary log is switched on.
    pub(crate) const fn binary_log_line(self) -> &'static str {
        match self {
            Self::MySql => {
                "take `skip-log-bin` or `disable-log-bin` out of the configuration file (the binary log is on by default from 8.0 on; before, put `log_bin = binlog` and a `server_id` there)"
            }
            Self::MariaDb => {
                "put `log_bin = binlog` and a `server_id` of its own below [mysqld] into the configuration file"
            }
        }
    }

    /// Where the errors of several appliers are told one by one, when not in the replica's state.
    pub(crate) const fn applier_errors(self) -> Option<&'static str> {
        match self {
            Self::MySql => Some("performance_schema.replication_applier_status_by_worker"),
            Self::MariaDb => None,
        }
    }

    /// The variable that says whether transactions are known by their GTID alone.
    pub(crate) const fn gtid_variable(self) -> &'static str {
        match self {
            Self::MySql => "gtid_mode",
            Self::MariaDb => "gtid_strict_mode",
        }
    }

    /// The variable that keeps clients from writing to a replica.
    pub(crate) const fn read_only_variable(self) -> &'static str {
        match self {
            Self::MySql => "super_read_only",
            Self::MariaDb => "read_only",
        }
    }

    /// Waits for row locks.
    pub(crate) const fn lock_waits(self) -> LockWaits {
        match self {
            Self::MySql => LockWaits {
                sql: "SELECT /* dbwright */ r.trx_mysql_thread_id, b.trx_mysql_thread_id, \
                      TIMESTAMPDIFF(SECOND, r.trx_wait_started, CONVERT_TZ(NOW(), @@time_zone, 'SYSTEM')), \
                      CONCAT(l.OBJECT_SCHEMA, '.', l.OBJECT_NAME) FROM performance_schema.data_lock_waits w \
                      JOIN information_schema.INNODB_TRX r ON r.trx_id = w.REQUESTING_ENGINE_TRANSACTION_ID \
                      JOIN information_schema.INNODB_TRX b ON b.trx_id = w.BLOCKING_ENGINE_TRANSACTION_ID \
                      LEFT JOIN performance_schema.data_locks l ON l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID \
                      AND l.ENGINE = w.ENGINE ORDER BY 1, 2",
                grant: "GRANT PROCESS ON *.* TO the account; GRANT SELECT ON performance_schema.* TO the account",
                source: "performance_schema.data_lock_waits",
            },
            Self::MariaDb => LockWaits {
                sql: "SELECT /* dbwright */ r.trx_mysql_thread_id, b.trx_mysql_thread_id, \
                      TIMESTAMPDIFF(SECOND, r.trx_wait_started, CONVERT_TZ(NOW(), @@time_zone, 'SYSTEM')), \
                      REPLACE(l.lock_table, '`', '') FROM information_schema.INNODB_LOCK_WAITS w \
                      JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id \
                      JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id \
                      LEFT JOIN information_schema.INNODB_LOCKS l ON l.lock_id = w.requested_lock_id ORDER BY 1, 2",
                grant: "GRANT PROCESS ON *.* TO the account",
                source: "information_schema.INNODB_LOCK_WAITS",
            },
        }
    }

    /// The history list and deadlocks.
    pub(crate) const fn innodb_metrics(self) -> Metrics {
        match self {
            Self::MySql => Metrics {
                sql: Some(
                    "SELECT /* dbwright */ NAME, COUNT FROM information_schema.INNODB_METRICS \
                     WHERE NAME IN ('trx_rseg_history_len', 'lock_deadlocks', 'lock_timeouts') AND STATUS = 'enabled'",
                ),
                history: "trx_rseg_history_len",
                deadlocks: "lock_deadlocks",
                source: "information_schema.INNODB_METRICS",
            },
            Self::MariaDb => Metrics {
                // Its column for what is enabled has changed its name with the versions.
                sql: Some(
                    "SELECT /* dbwright */ NAME, COUNT FROM information_schema.INNODB_METRICS \
                     WHERE NAME = 'lock_timeouts' AND TIME_ENABLED IS NOT NULL AND TIME_DISABLED IS NULL",
                ),
                history: "Innodb_history_list_length",
                deadlocks: "Innodb_deadlocks",
                source: "SHOW GLOBAL STATUS",
            },
        }
    }

    /// Figures of tables that InnoDB has open: file name, rows, next number, changes since the statistics.
    pub(crate) const fn innodb_tables(self) -> &'static str {
        match self {
            Self::MySql => {
                "SELECT /* dbwright */ NAME, NUM_ROWS, AUTOINC, MODIFIED_COUNTER FROM information_schema.INNODB_TABLESTATS \
                 WHERE STATS_INITIALIZED = 'Initialized'"
            }
            Self::MariaDb => {
                "SELECT /* dbwright */ NAME, NUM_ROWS, AUTOINC, MODIFIED_COUNTER FROM information_schema.INNODB_SYS_TABLESTATS \
                 WHERE STATS_INITIALIZED <> 0"
            }
        }
    }

    /// Accounts.
    pub(crate) const fn accounts(self) -> Accounts {
        match self {
            Self::MySql => Accounts {
                sql: "SELECT /* dbwright */ User, Host, plugin, IFNULL(authentication_string, '') <> '', account_locked, 'N', \
                      IF(Super_priv = 'Y' OR (Create_user_priv = 'Y' AND Grant_priv = 'Y'), 'Y', 'N'), ssl_type, File_priv \
                      FROM mysql.user WHERE User NOT IN ('mysql.sys', 'mysql.session', 'mysql.infoschema') ORDER BY User, Host",
                grant: "GRANT SELECT ON mysql.user TO the account",
                roles: "SELECT /* dbwright */ FROM_USER, FROM_HOST, TO_USER, TO_HOST FROM mysql.role_edges",
                roles_grant: "GRANT SELECT ON mysql.role_edges TO the account",
            },
            Self::MariaDb => Accounts {
                sql: "SELECT /* dbwright */ u.User, u.Host, u.plugin, IFNULL(u.authentication_string, '') <> '', \
                      IFNULL(JSON_VALUE(g.Priv, '$.account_locked'), '0'), u.is_role, \
                      IF(u.Super_priv = 'Y' OR (u.Create_user_priv = 'Y' AND u.Grant_priv = 'Y'), 'Y', 'N'), u.ssl_type, u.File_priv \
                      FROM mysql.user u LEFT JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host \
                      WHERE u.User <> 'mariadb.sys' ORDER BY u.User, u.Host",
                grant: "GRANT SELECT ON mysql.user TO the account; GRANT SELECT ON mysql.global_priv TO the account",
                roles: "SELECT /* dbwright */ Role, '', User, Host FROM mysql.roles_mapping",
                roles_grant: "GRANT SELECT ON mysql.roles_mapping TO the account",
            },
        }
    }
}

impl Server {
    /// Whether `SET PERSIST` keeps settings over a restart.
    pub(crate) fn keeps_settings(&self) -> bool {
        self.is_mysql() && self.version >= (8, 0, 0)
    }

    /// The redo log's size.
    pub(crate) fn redo_log(&self) -> RedoLog {
        if self.is_mysql() && self.version >= (8, 0, 30) {
            return RedoLog { variable: "innodb_redo_log_capacity", files: None, dynamic: true };
        }
        let dynamic = self.is_mariadb() && self.version >= (10, 9, 0);
        let several = self.is_mysql() || self.version < (10, 6, 0);
        RedoLog { variable: "innodb_log_file_size", files: several.then_some("innodb_log_files_in_group"), dynamic }
    }

    /// The words in which a replica is spoken of: `REPLICA` from MySQL 8.0.22 and MariaDB 10.5.1 on.
    pub(crate) fn replica_words(&self) -> ReplicaWords {
        let new = self.at_least((8, 0, 22), (10, 5, 1));
        let (noun, status) = match (new, self.is_mariadb()) {
            (true, true) => ("REPLICA", "SHOW ALL REPLICAS STATUS"),
            (true, false) => ("REPLICA", "SHOW REPLICA STATUS"),
            (false, true) => ("SLAVE", "SHOW ALL SLAVES STATUS"),
            (false, false) => ("SLAVE", "SHOW SLAVE STATUS"),
        };
        ReplicaWords { status, noun, mariadb: self.is_mariadb() }
    }

    /// Where the use of indexes is counted.
    pub(crate) fn index_use_source(&self) -> &'static str {
        if self.performance_schema {
            "performance_schema.table_io_waits_summary_by_index_usage"
        } else {
            "information_schema.INDEX_STATISTICS"
        }
    }
}
