//! PostgreSQL's part of a snapshot: catalog, statistics, settings, workload, activity, replication.
//!
//! No table rows. Counters are since `stats_reset` of their database unless a field says otherwise.
//! A part that could not be read is empty, and the snapshot's header has a gap for its area
//! (the constants in [`area`]).

mod blueprint;

use std::collections::{BTreeMap, BTreeSet};

use dbwright_core::workload::Workload;
use dbwright_migrate::observed::Observed;
use dbwright_sql::model::{Catalog, ObjectId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use blueprint::{
    Blueprint, ColumnEnds, ColumnExtra, ExtendedData, Locale, Metapage, Object, RelationExtra, Tablespace,
};

/// Names of the areas that can have a gap; rules name them in `needs`.
pub mod area {
    /// `pg_stat_*` table and index counters.
    pub const STATISTICS: &str = "statistics";
    /// `pg_stats` and `pg_stats_ext`.
    pub const COLUMN_STATISTICS: &str = "column-statistics";
    /// `pg_stat_statements`.
    pub const STATEMENTS: &str = "statements";
    /// `pg_stat_activity` with the queries and states of other roles' sessions, and `pg_locks`.
    pub const ACTIVITY: &str = "activity";
    /// Slots, walsenders, receiver, archiver.
    pub const REPLICATION: &str = "replication";
    /// `pg_settings`.
    pub const SETTINGS: &str = "settings";
    /// `last_value` of sequences, when none may be read.
    pub const SEQUENCES: &str = "sequences";
    /// The server itself: what was observed is a schema file, loaded into a lab.
    pub const SERVER: &str = "server";
    /// Some tables' column statistics; rules run on the others.
    pub const COLUMN_STATISTICS_PARTIAL: &str = "column-statistics-partial";
    /// Some statements' texts; rules run on the others.
    pub const STATEMENTS_PARTIAL: &str = "statements-partial";
    /// The few settings that need `pg_read_all_settings`; rules run on the others.
    pub const SETTINGS_PARTIAL: &str = "settings-partial";
    /// Some sequences' `last_value`; rules run on the others (`Sequence::readable`).
    pub const SEQUENCES_PARTIAL: &str = "sequences-partial";
    /// First pages of indexes.
    pub const METAPAGES: &str = "metapages";
    /// Histograms of range columns.
    pub const RANGE_STATISTICS: &str = "range-statistics";
    /// What extended statistics hold.
    pub const EXTENDED_STATISTICS: &str = "extended-statistics";
    /// The journal of `dbwright migrate`, and helper objects of changes.
    pub const MIGRATIONS: &str = dbwright_migrate::observed::AREA;
}

/// What was observed of one database and its server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PgBody {
    /// The server and the session that observed it.
    pub server: Server,
    /// User schemas.
    pub catalog: Catalog,
    /// Schemas with their privileges (user schemas and `public`).
    pub schemas: Vec<SchemaInfo>,
    /// Figures of each table, materialized view and partition, by oid.
    pub tables: BTreeMap<ObjectId, TableStats>,
    /// Figures of each index, by oid.
    pub indexes: BTreeMap<ObjectId, IndexStats>,
    /// Column statistics by table oid, in column order.
    pub columns: BTreeMap<ObjectId, Vec<ColumnStats>>,
    /// Extended statistics objects.
    pub extended: Vec<ExtendedStats>,
    /// All settings.
    pub settings: Vec<Setting>,
    /// Settings that roles or databases have values of their own for; names only.
    #[serde(default)]
    pub scoped_settings: Vec<ScopedSetting>,
    /// All databases of the server, templates included: each ages on its own.
    pub databases: Vec<DatabaseStats>,
    /// Names of the extensions whose files the server has (`pg_available_extensions`); none when that could not be read.
    #[serde(default)]
    pub available_extensions: Option<Vec<String>>,
    /// Statements; none when `pg_stat_statements` can't be read.
    pub workload: Option<Workload>,
    /// Totals over all statements of `pg_stat_statements`, those left out of `workload` included.
    #[serde(default)]
    pub statement_totals: Option<StatementTotals>,
    /// Client sessions, dbwright's own left out.
    pub sessions: Vec<Session>,
    /// Who waits for whom.
    pub waits: Vec<LockWait>,
    /// Prepared transactions.
    pub prepared: Vec<PreparedTransaction>,
    /// Replication and archiving.
    pub replication: Replication,
    /// The journal of migrations, and what changes have left.
    #[serde(default)]
    pub migrations: Observed,
    /// What uses columns of a table, by its oid, so that their types can't be changed as they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_uses: BTreeMap<ObjectId, Vec<ColumnUse>>,
    /// Names of NOT NULL constraints by table's oid, from version 18 on; none where they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_nulls: Option<BTreeMap<ObjectId, BTreeSet<String>>>,
    /// What a planner twin needs beyond the rest; only in snapshots with all values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blueprint: Option<Box<Blueprint>>,
}

/// Something that the server wants gone before it changes the type of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnUse {
    /// The column.
    pub column: String,
    /// `view`, `materialized view`, `rule`, `trigger`, `policy`, `function` or `generated column`.
    pub kind: String,
    /// The schema of a view or function; empty for others.
    pub schema: String,
    /// Its name.
    pub name: String,
}

/// The server, and the session that observed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// `server_version_num`, for example 170011.
    pub version_num: i32,
    /// Database that was observed.
    pub database: String,
    /// Role that observed.
    pub role: String,
    /// Whether that role is superuser.
    pub superuser: bool,
    /// Whether that role has `pg_monitor`'s rights (superuser included).
    pub monitor: bool,
    /// Whether the server is a standby.
    pub in_recovery: bool,
    /// When the server started.
    pub started_at: Option<Timestamp>,
    /// The server's clock at the snapshot.
    pub now: Timestamp,
    /// When this database's counters were last reset; none means never since it was created or crashed.
    pub stats_reset: Option<Timestamp>,
    /// When the observed database was made, by the time of its oldest file; none without the right to see that.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// Bytes of the observed database.
    pub database_bytes: Option<u64>,
    /// Current WAL position as a byte number; none on a standby.
    pub wal_position: Option<u64>,
}

impl Server {
    /// Major version, for example 17.
    #[must_use]
    pub const fn major(&self) -> i32 {
        self.version_num / 10_000
    }

    /// Seconds that the database's counters cover: since their reset, else since the server's start or, if
    /// that is known and later, since the database was made.
    #[must_use]
    pub fn window_s(&self) -> Option<f64> {
        let since = self.stats_reset.or_else(|| self.started_at.max(self.created_at))?;
        Some(self.now.duration_since(since).as_secs_f64().max(0.0))
    }
}

/// A schema with what PUBLIC may do there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaInfo {
    /// Name.
    pub name: String,
    /// Owner.
    pub owner: String,
    /// Whether PUBLIC may create objects in it.
    pub public_create: bool,
    /// Whether PUBLIC may use it.
    pub public_usage: bool,
}

/// Figures of a table (`pg_class`, `pg_stat_user_tables`, `pg_statio_user_tables`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TableStats {
    /// `reltuples`; none when the table was never analysed.
    pub reltuples: Option<f64>,
    /// `relpages`.
    pub relpages: i64,
    /// `relallvisible`.
    pub relallvisible: i64,
    /// Bytes of the main fork, free space and visibility maps.
    pub heap_bytes: u64,
    /// Bytes of the main fork alone.
    #[serde(default)]
    pub main_bytes: u64,
    /// Bytes of its TOAST table with index.
    pub toast_bytes: u64,
    /// Storage parameters (`autovacuum_enabled=false`), TOAST's with the prefix `toast.`.
    pub options: Vec<String>,
    /// Persistence: `p`ermanent, `u`nlogged, `t`emporary.
    pub persistence: String,
    /// Replica identity: `d`efault, `n`othing, `f`ull, `i`ndex.
    pub replica_identity: String,
    /// `age(relfrozenxid)`; none for tables without storage.
    pub xid_age: Option<i64>,
    /// `mxid_age(relminmxid)`.
    pub mxid_age: Option<i64>,
    /// Average row width in bytes, data only, from column statistics; none without them.
    pub avg_width: Option<f64>,
    /// Sequential scans.
    pub seq_scan: u64,
    /// Rows read by sequential scans.
    pub seq_tup_read: u64,
    /// Index scans, over all its indexes.
    pub idx_scan: u64,
    /// Rows inserted.
    pub n_tup_ins: u64,
    /// Rows updated.
    pub n_tup_upd: u64,
    /// Rows deleted.
    pub n_tup_del: u64,
    /// Rows updated without touching indexes.
    pub n_tup_hot_upd: u64,
    /// Live rows, as the statistics system estimates.
    pub n_live_tup: u64,
    /// Dead rows, likewise.
    pub n_dead_tup: u64,
    /// Rows changed since the last analyse.
    pub n_mod_since_analyze: u64,
    /// Last manual vacuum.
    pub last_vacuum: Option<Timestamp>,
    /// Last autovacuum.
    pub last_autovacuum: Option<Timestamp>,
    /// Last manual analyse.
    pub last_analyze: Option<Timestamp>,
    /// Last autoanalyse.
    pub last_autoanalyze: Option<Timestamp>,
    /// Heap blocks read from disk or the system's cache.
    pub heap_blks_read: u64,
    /// Heap blocks found in shared buffers.
    pub heap_blks_hit: u64,
}

/// Figures of an index (`pg_class`, `pg_stat_user_indexes`, `pg_statio_user_indexes`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct IndexStats {
    /// `reltuples`; none when unknown.
    pub reltuples: Option<f64>,
    /// `relpages`.
    pub relpages: i64,
    /// Bytes.
    pub bytes: u64,
    /// Scans.
    pub idx_scan: u64,
    /// Last scan (16 and later).
    pub last_idx_scan: Option<Timestamp>,
    /// Entries returned.
    pub idx_tup_read: u64,
    /// Live rows fetched by simple index scans.
    pub idx_tup_fetch: u64,
    /// Blocks read from disk or the system's cache.
    pub idx_blks_read: u64,
    /// Blocks found in shared buffers.
    pub idx_blks_hit: u64,
    /// Whether it is ready for inserts (`indisready`) though perhaps not valid.
    pub ready: bool,
    /// Storage parameters.
    pub options: Vec<String>,
}

/// Statistics of one column (`pg_stats`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ColumnStats {
    /// Column, or the column's name in an expression index.
    pub column: String,
    /// Whether it includes inheritance children.
    pub inherited: bool,
    /// Share of nulls.
    pub null_frac: f64,
    /// Average width in bytes.
    pub avg_width: i32,
    /// Distinct values; negative means a share of the rows.
    pub n_distinct: f64,
    /// Physical order against logical order, −1 to 1.
    pub correlation: Option<f64>,
    /// Frequencies of the most common values.
    pub most_common_freqs: Vec<f64>,
    /// Most common values as array text; none with `--no-values`.
    pub most_common_vals: Option<String>,
    /// Histogram bounds as array text; none with `--no-values`.
    pub histogram_bounds: Option<String>,
    /// Most common elements as array text; none with `--no-values`.
    pub most_common_elems: Option<String>,
    /// Frequencies of the most common elements, with the two or three closing figures.
    pub most_common_elem_freqs: Vec<f64>,
    /// Histogram of distinct element counts.
    pub elem_count_histogram: Vec<f64>,
    /// Histogram of the lengths of ranges as array text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_lengths: Option<String>,
    /// Share of empty ranges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_empty: Option<f64>,
    /// Histogram of the bounds of ranges as array text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_bounds: Option<String>,
}

/// An extended statistics object (`pg_statistic_ext`, `pg_stats_ext`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ExtendedStats {
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// Table oid.
    pub table: ObjectId,
    /// `CREATE STATISTICS` statement.
    pub definition: String,
    /// `n_distinct` as text, when gathered.
    pub n_distinct: Option<String>,
    /// Functional dependencies as text, when gathered.
    pub dependencies: Option<String>,
}

/// A setting (`pg_settings`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Name.
    pub name: String,
    /// Value in `unit`.
    pub value: String,
    /// Unit (`8kB`, `ms`, …), empty when it has none.
    pub unit: String,
    /// Where the value comes from (`default`, `configuration file`, `database`, …).
    pub source: String,
    /// When a change takes effect (`postmaster`, `sighup`, `user`, …).
    pub context: String,
    /// Built-in default.
    pub boot_value: Option<String>,
    /// Value that a session gets after RESET.
    pub reset_value: Option<String>,
    /// Whether the file was changed and a restart is needed.
    pub pending_restart: bool,
    /// Configuration file that the value comes from (`sourcefile`); none when it comes from elsewhere or may not be seen.
    #[serde(default)]
    pub file: Option<String>,
}

/// A setting that a role, or a database, or a role in a database has a value of its own for (`pg_db_role_setting`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopedSetting {
    /// Name of the setting; its value may be a secret and is not kept.
    pub name: String,
    /// Role; none means all roles.
    pub role: Option<String>,
    /// Database; none means all databases.
    pub database: Option<String>,
}

/// A database (`pg_database`, `pg_stat_database`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DatabaseStats {
    /// Name.
    pub name: String,
    /// `age(datfrozenxid)`.
    pub xid_age: i64,
    /// `mxid_age(datminmxid)`.
    pub mxid_age: i64,
    /// Whether it accepts connections (`datallowconn`).
    pub allows_connections: bool,
    /// Open backends.
    pub backends: i64,
    /// Committed transactions.
    pub xact_commit: u64,
    /// Rolled back transactions.
    pub xact_rollback: u64,
    /// Blocks read from disk or the system's cache.
    pub blks_read: u64,
    /// Blocks found in shared buffers.
    pub blks_hit: u64,
    /// Bytes written to temporary files.
    pub temp_bytes: u64,
    /// Temporary files.
    pub temp_files: u64,
    /// Deadlocks.
    pub deadlocks: u64,
    /// Data page checksum failures; none when checksums are off.
    pub checksum_failures: Option<u64>,
    /// When its counters were reset.
    pub stats_reset: Option<Timestamp>,
}

/// Totals over the statements of one database (`pg_stat_statements`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StatementTotals {
    /// Statement shapes.
    pub statements: u64,
    /// Calls.
    pub calls: u64,
    /// Calls of shapes whose mean execution time is under 100 ms.
    pub calls_under_100ms: u64,
}

/// A client session (`pg_stat_activity`, backend type `client backend`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Session {
    /// Process id.
    pub pid: i32,
    /// Database.
    pub database: Option<String>,
    /// Role.
    pub user: Option<String>,
    /// `application_name`.
    pub application: String,
    /// `backend_type`.
    pub backend_type: String,
    /// `active`, `idle`, `idle in transaction`, … ; none when it may not be seen.
    pub state: Option<String>,
    /// Type of what it waits for.
    pub wait_event_type: Option<String>,
    /// What it waits for.
    pub wait_event: Option<String>,
    /// Seconds since its transaction began.
    pub transaction_s: Option<f64>,
    /// Seconds since its statement began.
    pub query_s: Option<f64>,
    /// Seconds since its state changed.
    pub state_s: Option<f64>,
    /// Age of the oldest transaction that it keeps visible (`age(backend_xmin)`).
    pub xmin_age: Option<i64>,
    /// Whether it has a transaction id, and so has written.
    pub has_xid: bool,
    /// Statement as `pg_stat_activity` shows it, literals replaced by `?`; none when it may not be seen.
    pub query: Option<String>,
}

/// One session waiting for another (`pg_blocking_pids`, `pg_locks`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LockWait {
    /// The waiting session.
    pub pid: i32,
    /// Sessions it waits for.
    pub blocked_by: Vec<i32>,
    /// Lock mode that it wants.
    pub mode: Option<String>,
    /// Kind of what it wants to lock (`relation`, `transactionid`, `tuple`, …).
    pub lock_type: Option<String>,
    /// Relation, when it waits for one: `schema.table`.
    pub relation: Option<String>,
    /// Seconds that it has waited (14 and later).
    #[serde(default)]
    pub wait_s: Option<f64>,
}

/// A prepared transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreparedTransaction {
    /// Its global identifier.
    pub gid: String,
    /// Database.
    pub database: String,
    /// Owner.
    pub owner: String,
    /// Seconds since it was prepared.
    pub age_s: f64,
}

/// Replication and archiving.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Replication {
    /// Replicas that stream from this server.
    pub replicas: Vec<Replica>,
    /// Replication slots.
    pub slots: Vec<Slot>,
    /// On a standby: seconds behind, 0 when it has replayed all it received.
    pub standby_lag_s: Option<f64>,
    /// WAL archiving; none when it can't be read.
    pub archiver: Option<Archiver>,
}

/// A replica (`pg_stat_replication`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Replica {
    /// `application_name`.
    pub name: String,
    /// `streaming`, `catchup`, …
    pub state: Option<String>,
    /// `async`, `sync`, …
    pub sync_state: Option<String>,
    /// Replay lag in seconds.
    pub replay_lag_s: Option<f64>,
    /// Bytes of WAL sent but not replayed.
    pub replay_lag_bytes: Option<i64>,
}

/// A replication slot (`pg_replication_slots`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Slot {
    /// Name.
    pub name: String,
    /// `physical` or `logical`.
    pub kind: String,
    /// Output plugin of a logical slot.
    pub plugin: Option<String>,
    /// Database of a logical slot.
    pub database: Option<String>,
    /// Whether something is connected to it.
    pub active: bool,
    /// Whether it is temporary.
    pub temporary: bool,
    /// Bytes of WAL that it keeps.
    pub retained_bytes: Option<i64>,
    /// Age of the oldest transaction whose rows it keeps.
    pub xmin_age: Option<i64>,
    /// `reserved`, `extended`, `unreserved`, `lost`.
    pub wal_status: Option<String>,
    /// Seconds since it went inactive (17 and later).
    pub inactive_s: Option<f64>,
}

/// WAL archiving (`pg_stat_archiver`, `archive_mode`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Archiver {
    /// Files archived since the reset.
    pub archived: u64,
    /// Failures since the reset.
    pub failed: u64,
    /// Seconds since the last success.
    pub last_archived_s: Option<f64>,
    /// Seconds since the last failure.
    pub last_failed_s: Option<f64>,
}

impl PgBody {
    /// A setting's value.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// The observed database's own figures.
    #[must_use]
    pub fn database(&self) -> Option<&DatabaseStats> {
        self.databases.iter().find(|database| database.name == self.server.database)
    }
}
