//! The part of a snapshot that belongs to MySQL and MariaDB: catalog, sizes and use, variables, workload, activity, replication.
//!
//! No rows and no values of rows, except samples of statements where the server keeps them and the user did not say
//! `--no-values`. No password hashes. A part that could not be read is empty, and the header has a gap for its area ([`area`]).

mod accounts;
mod activity;
mod innodb;
mod replication;
mod routines;
mod statements;
mod tables;
mod variables;
mod waits;
mod zones;

use std::collections::BTreeMap;

use dbwright_core::workload::Workload;
use dbwright_migrate::observed::Observed;
use dbwright_sql::model::{Catalog, ObjectId};
use serde::{Deserialize, Serialize};

pub use crate::flavour::{Flavour, Server};
pub use accounts::{Account, OpenSchemas};
pub use activity::{Activity, Connected, RowWait, TableLock, Transaction};
pub use innodb::{Deadlock, Innodb, InnodbTable, Party};
pub use replication::Channel;
pub use routines::Routine;
pub use statements::{Digest, Digests};
pub use tables::{ColumnFacts, Event, IndexFacts, Io, Partition, Schema, TableFacts};
pub use variables::{Latency, Variable};
pub use waits::{Memory, Wait};
pub use zones::{TimeZones, ZoneUser};

/// Names of the areas that can have a gap; rules name them in `needs`.
pub mod area {
    /// The connection itself was lost on the way: whatever came later was not looked at.
    pub const CONNECTION: &str = "connection";
    /// The server itself: a schema file has none.
    pub const SERVER: &str = "server";
    /// Tables, columns, indexes, constraints.
    pub const CATALOG: &str = "catalog";
    /// Tables that the account may not see.
    pub const HIDDEN: &str = "hidden-tables";
    /// Rows and sizes of tables and indexes.
    pub const SIZES: &str = "sizes";
    /// Persistent statistics of InnoDB: pages of indexes, distinct values, when they were made.
    pub const STATISTICS: &str = "statistics";
    /// Views, triggers, routines, events.
    pub const OBJECTS: &str = "objects";
    /// Global variables.
    pub const VARIABLES: &str = "variables";
    /// Who set the global variables.
    pub const VARIABLE_SOURCES: &str = "variable-sources";
    /// Global status.
    pub const STATUS: &str = "status";

    /// Who is connected.
    pub const SESSIONS: &str = "sessions";
    /// Open transactions.
    pub const TRANSACTIONS: &str = "transactions";
    /// Waits for row locks.
    pub const LOCK_WAITS: &str = "lock-waits";
    /// Metadata locks of tables.
    pub const METADATA_LOCKS: &str = "metadata-locks";
    /// The history list and deadlocks.
    pub const INNODB: &str = "innodb";
    /// What `SHOW ENGINE INNODB STATUS` prints: the latest deadlock, the age of the last checkpoint.
    pub const INNODB_MONITOR: &str = "innodb-monitor";
    /// How long the server waited for files, locks and latches.
    pub const WAITS: &str = "waits";
    /// What the server uses its memory for.
    pub const MEMORY: &str = "memory";
    /// What InnoDB knows of open tables, and when their statistics were made.
    pub const TABLE_STATISTICS: &str = "table-statistics";
    /// Counted statements.
    pub const STATEMENTS: &str = "statements";
    /// How often tables and indexes were used.
    pub const INDEX_USE: &str = "index-use";
    /// Where a replica gets its changes from.
    pub const REPLICATION: &str = "replication";
    /// Accounts.
    pub const ACCOUNTS: &str = "accounts";
    /// Which roles accounts have.
    pub const ROLES: &str = "roles";
    /// Schemas in which every account has rights.
    pub const OPEN_SCHEMAS: &str = "open-schemas";

    /// The journal of migrations.
    pub const MIGRATIONS: &str = dbwright_migrate::observed::AREA;

    /// All of them.
    pub const ALL: &[&str] = &[
        CONNECTION,
        SERVER,
        CATALOG,
        SIZES,
        STATISTICS,
        OBJECTS,
        VARIABLES,
        VARIABLE_SOURCES,
        STATUS,
        SESSIONS,
        TRANSACTIONS,
        LOCK_WAITS,
        METADATA_LOCKS,
        INNODB,
        INNODB_MONITOR,
        WAITS,
        MEMORY,
        TABLE_STATISTICS,
        STATEMENTS,
        INDEX_USE,
        REPLICATION,
        ACCOUNTS,
        ROLES,
        OPEN_SCHEMAS,
        MIGRATIONS,
    ];

    /// The areas that tell nothing of tables.
    pub(crate) const BESIDE_CATALOG: &[&str] = &[
        VARIABLES,
        VARIABLE_SOURCES,
        STATUS,
        SESSIONS,
        TRANSACTIONS,
        LOCK_WAITS,
        METADATA_LOCKS,
        INNODB,
        INNODB_MONITOR,
        WAITS,
        MEMORY,
        STATEMENTS,
        REPLICATION,
        ACCOUNTS,
        ROLES,
        OPEN_SCHEMAS,
        MIGRATIONS,
    ];
}

/// What was observed of one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// The server.
    pub server: Server,
    /// Schemas of the user.
    pub schemas: Vec<Schema>,
    /// Tables and what belongs to them, routines.
    pub catalog: Catalog,
    /// Figures of tables, by their id in the catalog.
    pub tables: BTreeMap<ObjectId, TableFacts>,
    /// Figures of indexes, by their id in the catalog.
    pub indexes: BTreeMap<ObjectId, IndexFacts>,
    /// Events of the scheduler.
    #[serde(default)]
    pub events: Vec<Event>,
    /// What the bodies of routines and events name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routines: Vec<Routine>,
    /// Named time zones.
    #[serde(default)]
    pub zones: TimeZones,
    /// Global variables by name.
    pub variables: BTreeMap<String, Variable>,
    /// Global status by name.
    pub status: BTreeMap<String, String>,
    /// How fast statements were, where the server counts that.
    #[serde(default)]
    pub latency: Option<Latency>,
    /// Who is connected, open transactions, waits.
    #[serde(default)]
    pub activity: Activity,
    /// Figures of InnoDB.
    #[serde(default)]
    pub innodb: Innodb,
    /// What the server waited for, the longest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Wait>,
    /// What it uses its memory for, the most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memory: Vec<Memory>,
    /// Statements as the server counts them.
    #[serde(default)]
    pub statements: Digests,
    /// Channels of a replica; none on a server that is no replica.
    #[serde(default)]
    pub replication: Vec<Channel>,
    /// Accounts.
    #[serde(default)]
    pub accounts: Vec<Account>,
    /// Schemas in which every account has rights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_schemas: Vec<OpenSchemas>,
    /// What the server ran, or the user gave.
    pub workload: Option<Workload>,
    /// The journal of migrations, and what changes have left.
    #[serde(default)]
    pub migrations: Observed,
}

impl Body {
    /// Figures of a table.
    #[must_use]
    pub fn table(&self, id: ObjectId) -> Option<&TableFacts> {
        self.tables.get(&id)
    }

    /// Figures of an index.
    #[must_use]
    pub fn index(&self, id: ObjectId) -> Option<&IndexFacts> {
        self.indexes.get(&id)
    }

    /// The value of a global variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|variable| variable.value.as_str())
    }

    /// The value of a global variable as a number; `ON` is 1 and `OFF` 0.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        number(self.variable(name)?)
    }

    /// Whether a global variable is on; none when it is unknown.
    #[must_use]
    pub fn is_on(&self, name: &str) -> Option<bool> {
        self.number(name).map(|value| value != 0.0)
    }

    /// A counter of the global status.
    #[must_use]
    pub fn counter(&self, name: &str) -> Option<f64> {
        number(self.status.get(name)?)
    }
}

fn number(text: &str) -> Option<f64> {
    match text {
        "ON" | "YES" => Some(1.0),
        "OFF" | "NO" => Some(0.0),
        text => text.parse().ok(),
    }
}
