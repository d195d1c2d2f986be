//! What differs between MySQL and MariaDB where schemas are changed, as data.

use crate::flavour::Flavour;

/// How a server is told to do an `ALTER TABLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    /// `INSTANT`, `INPLACE`, `COPY`.
    pub(super) algorithm: &'static str,
    /// `NONE`, `SHARED`, or `DEFAULT` where the server takes nothing else.
    pub(super) lock: &'static str,
}

impl Way {
    /// The clauses that say so; they stand before all others.
    pub(super) fn clause(self) -> String {
        format!("ALGORITHM={}, LOCK={}", self.algorithm, self.lock)
    }

    /// Whether others can write meanwhile.
    pub(super) fn online(self) -> bool {
        self.algorithm == "INSTANT" || (self.algorithm == "INPLACE" && self.lock == "NONE")
    }
}

/// Nobody is held up.
pub(super) const IN_PLACE: Way = Way { algorithm: "INPLACE", lock: "NONE" };

/// Others can only read, while the table itself stays.
pub(super) const SHARED: Way = Way { algorithm: "INPLACE", lock: "SHARED" };

/// The last way: others can only read.
pub(super) const COPY: Way = Way { algorithm: "COPY", lock: "SHARED" };

/// Where even readers are kept out.
pub(super) const ALONE: Way = Way { algorithm: "COPY", lock: "EXCLUSIVE" };

/// The server's numbers for a way that is not for this change.
pub(crate) const REFUSED_WAY: [u16; 4] = [1221, 1845, 1846, 4092];

/// From the least harm to the most.
const MYSQL: [Way; 5] = [Way { algorithm: "INSTANT", lock: "DEFAULT" }, IN_PLACE, SHARED, COPY, ALONE];
const MARIADB: [Way; 5] = [Way { algorithm: "INSTANT", lock: "NONE" }, IN_PLACE, SHARED, COPY, ALONE];

impl Flavour {
    /// The ways that are tried, from the least harm to the most.
    pub(super) const fn ways(self) -> &'static [Way] {
        match self {
            Self::MySql => &MYSQL,
            Self::MariaDb => &MARIADB,
        }
    }

    /// The same statement done in place, when it was to be done instantly.
    pub(super) fn instead_of_instant(self, statement: &str) -> Option<String> {
        let instant = self.ways()[0].clause();
        statement.contains(&instant).then(|| statement.replacen(&instant, &IN_PLACE.clause(), 1))
    }

    /// Since which version columns are added and dropped instantly.
    pub(super) const fn instant_columns_since(self) -> (u16, u16, u16) {
        match self {
            Self::MySql => (8, 0, 29),
            Self::MariaDb => (10, 4, 0),
        }
    }

    /// Since which version columns get other names instantly.
    pub(super) const fn instant_rename_since(self) -> (u16, u16, u16) {
        match self {
            Self::MySql => (8, 0, 28),
            Self::MariaDb => (10, 5, 0),
        }
    }

    /// The oldest version that is supported, assumed without a target.
    pub(super) const fn oldest(self) -> (u16, u16, u16) {
        match self {
            Self::MySql => (8, 0, 0),
            Self::MariaDb => (10, 5, 0),
        }
    }

    /// Whether a new column whose default is an expression copies the table even when its value is the same for all rows.
    pub(super) const fn copies_for_expressions(self) -> bool {
        matches!(self, Self::MySql)
    }

    /// How a text is allowed to be longer, as long as its length takes no more bytes.
    pub(super) const fn longer_text(self) -> Way {
        match self {
            Self::MySql => IN_PLACE,
            Self::MariaDb => MARIADB[0],
        }
    }

    /// Whether changes of partitions can be told a way: MariaDB's grammar has no place for it.
    pub(super) const fn partitions_take_ways(self) -> bool {
        matches!(self, Self::MySql)
    }

    /// Whether tables can be renamed under `LOCK TABLES`, by the session that holds the lock.
    pub(super) const fn renames_under_lock(self) -> bool {
        matches!(self, Self::MySql)
    }

    /// Whether triggers, routines and events can be made in the place of others: `CREATE OR REPLACE`.
    pub(super) const fn replaces_routines(self) -> bool {
        matches!(self, Self::MariaDb)
    }

    /// Since which version a crash leaves each statement of DDL done or not done.
    pub(super) const fn atomic_ddl_since(self) -> (u16, u16, u16) {
        match self {
            Self::MySql => (8, 0, 0),
            Self::MariaDb => (10, 6, 1),
        }
    }

    /// Settings of a session that changes a schema; those that a version does not have are left out.
    pub(super) const fn migration_settings(self) -> &'static [&'static str] {
        match self {
            // What the statistics say is asked of the table, and not of a cache that is a day old.
            Self::MySql => &["information_schema_stats_expiry = 0", "max_execution_time = 0"],
            Self::MariaDb => {
                &["max_statement_time = 0", "idle_transaction_timeout = 0", "idle_write_transaction_timeout = 0"]
            }
        }
    }

    /// Asks which sessions hold the table's lock that a session waits for: id, account, command, statement, seconds.
    pub(super) fn lock_holders(self, session: u32) -> String {
        match self {
            Self::MySql => format!(
                "SELECT /* dbwright */ DISTINCT h.processlist_id, h.processlist_user, h.processlist_command, \
                 COALESCE(h.processlist_info, ''), h.processlist_time \
                 FROM performance_schema.metadata_locks w \
                 JOIN performance_schema.threads t ON t.thread_id = w.owner_thread_id AND t.processlist_id = {session} \
                 JOIN performance_schema.metadata_locks g ON g.object_type = w.object_type \
                   AND g.object_schema = w.object_schema AND g.object_name = w.object_name \
                   AND g.lock_status = 'GRANTED' AND g.owner_thread_id <> w.owner_thread_id \
                 JOIN performance_schema.threads h ON h.thread_id = g.owner_thread_id \
                 WHERE w.lock_status = 'PENDING' AND h.processlist_id IS NOT NULL LIMIT 5"
            ),
            // Present where the plugin metadata_lock_info is installed.
            Self::MariaDb => format!(
                "SELECT /* dbwright */ DISTINCT p.id, p.user, p.command, COALESCE(p.info, ''), p.time \
                 FROM information_schema.metadata_lock_info l JOIN information_schema.processlist p ON p.id = l.thread_id \
                 WHERE p.id <> {session} AND l.lock_type LIKE 'Table%' LIMIT 5"
            ),
        }
    }

    /// Asks how many row versions a table has, of which InnoDB allows 64 before an instant change is refused; none where
    /// there is no such limit.
    pub(super) const fn row_versions(self) -> Option<&'static str> {
        match self {
            Self::MySql => Some(
                "SELECT /* dbwright */ MAX(total_row_versions) FROM information_schema.innodb_tables \
                 WHERE name = ? OR name LIKE CONCAT(?, '#%')",
            ),
            Self::MariaDb => None,
        }
    }

    /// Lists the replicas that are connected: number, host, port; the first that the version knows.
    pub(super) const fn replica_lists(self) -> &'static [&'static str] {
        match self {
            Self::MySql => &["SHOW /* dbwright */ REPLICAS", "SHOW /* dbwright */ SLAVE HOSTS"],
            Self::MariaDb => &["SHOW /* dbwright */ REPLICA HOSTS", "SHOW /* dbwright */ SLAVE HOSTS"],
        }
    }

    /// Asks a replica how far it is; the first that the version knows.
    pub(super) const fn replica_states(self) -> &'static [&'static str] {
        match self {
            Self::MySql => &["SHOW /* dbwright */ REPLICA STATUS", "SHOW /* dbwright */ SLAVE STATUS"],
            Self::MariaDb => &["SHOW /* dbwright */ ALL REPLICAS STATUS", "SHOW /* dbwright */ ALL SLAVES STATUS"],
        }
    }
}

/// The account of the load of a rehearsal; all other sessions of a private server carry the change out.
pub(super) const LOAD: &str = "dbwright_load";

/// Metadata locks of tables: session, whether it is not the load's, schema, table, mode, status. Of the load only those that
/// it waits for.
pub(super) const TABLE_LOCKS: &str = "SELECT /* dbwright */ t.PROCESSLIST_ID, t.PROCESSLIST_USER <> 'dbwright_load', m.OBJECT_SCHEMA, m.OBJECT_NAME, \
    m.LOCK_TYPE, m.LOCK_STATUS FROM performance_schema.metadata_locks m \
    JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID \
    WHERE m.OBJECT_TYPE = 'TABLE' AND t.PROCESSLIST_ID <> CONNECTION_ID() \
    AND m.OBJECT_SCHEMA NOT IN ('performance_schema', 'information_schema', 'mysql', 'sys') \
    AND (m.LOCK_STATUS = 'PENDING' OR t.PROCESSLIST_USER <> 'dbwright_load')";

/// What watching a rehearsal asks.
impl Flavour {
    /// Waits for rows: session that waits, whether it is not the load's, whether the one that it waits for is not.
    pub(super) const fn row_waits(self) -> &'static str {
        match self {
            Self::MySql => {
                "SELECT /* dbwright */ r.PROCESSLIST_ID, r.PROCESSLIST_USER <> 'dbwright_load', \
                 b.PROCESSLIST_USER <> 'dbwright_load' FROM performance_schema.data_lock_waits w \
                 JOIN performance_schema.threads r ON r.THREAD_ID = w.REQUESTING_THREAD_ID \
                 JOIN performance_schema.threads b ON b.THREAD_ID = w.BLOCKING_THREAD_ID"
            }
            Self::MariaDb => {
                "SELECT /* dbwright */ r.trx_mysql_thread_id, p.user <> 'dbwright_load', q.user <> 'dbwright_load' \
                 FROM information_schema.innodb_lock_waits w \
                 JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id \
                 JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id \
                 JOIN information_schema.processlist p ON p.id = r.trx_mysql_thread_id \
                 JOIN information_schema.processlist q ON q.id = b.trx_mysql_thread_id"
            }
        }
    }

    /// The parts of tables with their ids: path, id.
    pub(super) const fn innodb_ids(self) -> &'static str {
        match self {
            Self::MySql => {
                "SELECT /* dbwright */ NAME, TABLE_ID FROM information_schema.INNODB_TABLES WHERE NAME LIKE '%/%'"
            }
            Self::MariaDb => {
                "SELECT /* dbwright */ NAME, TABLE_ID FROM information_schema.INNODB_SYS_TABLES WHERE NAME LIKE '%/%'"
            }
        }
    }

    /// The session's limit on the time of a statement that is tried, in its unit.
    pub(super) const fn trial_limit(self) -> &'static str {
        match self {
            Self::MySql => "max_execution_time = 30000",
            Self::MariaDb => "max_statement_time = 30",
        }
    }
}
