//! One server: what it says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Acl, Clients, Info};

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes writes.
    #[default]
    Master,
    /// Follows a master.
    Replica,
    /// Watches others.
    Sentinel,
}

/// Open files that a server keeps for itself (`CONFIG_MIN_RESERVED_FDS`).
const OWN_FILES: u64 = 32;

/// A slot on its way between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSlot {
    /// Its number.
    pub slot: u16,
    /// Whether it comes here; else it goes.
    pub comes: bool,
    /// Id of the other node.
    pub other: String,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Node {
    /// `host:port`, or the socket's path.
    pub address: String,
    /// Its id in the cluster; empty outside of one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What it does.
    pub role: Role,
    /// The slots that it serves by its own word, where it counts others as assigned than the first node does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<Vec<(u16, u16)>>,
    /// Slots that it is giving to another node, or taking from one, and was when it was looked at a moment before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_slots: Vec<OpenSlot>,
    /// `INFO` (server, clients, memory, persistence, stats, replication, cpu, cluster), by field.
    pub info: Info,
    /// `CONFIG GET *`; of a password only whether there is one (`***`).
    pub config: BTreeMap<String, String>,
    /// `INFO commandstats` with `latencystats`, most time first. What dbwright itself has called is in it.
    pub commands: Vec<CommandStat>,
    /// `INFO errorstats`: how often each kind of error was answered.
    pub errors: BTreeMap<String, u64>,
    /// `SLOWLOG GET`.
    pub slowlog: SlowLog,
    /// `LATENCY LATEST`; empty too when `latency-monitor-threshold` is 0.
    pub latency: Vec<LatencyEvent>,
    /// `MEMORY STATS`, nested names joined with a dot (`db.0.overhead.hashtable.main`).
    pub memory: BTreeMap<String, f64>,
    /// `MEMORY DOCTOR`'s words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doctor: String,
    /// `CLIENT LIST`, summed up.
    pub clients: Clients,
    /// `ACL LIST`, without passwords and their hashes.
    pub acl: Acl,
    /// `INFO replication`.
    pub replication: Replication,
}

impl Node {
    /// A setting's value.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.config.get(name).map(String::as_str)
    }

    /// A setting as a number.
    #[must_use]
    pub fn setting_number(&self, name: &str) -> Option<f64> {
        self.setting(name)?.parse().ok()
    }

    /// The limit of open files that `maxclients` was lowered to when the server started: whoever asks for more than the system
    /// grants gets what is left of the limit, and neither `INFO` nor `CONFIG GET` tells what was asked for. So it is known by its
    /// number alone: a limit that systems have, less what the server keeps for itself; nobody asks for 992 or 4,064 clients.
    #[must_use]
    pub fn open_files(&self) -> Option<u64> {
        let most: u64 = self.setting("maxclients")?.parse().ok()?;
        let limit = most.checked_add(OWN_FILES)?;
        let usual = limit >= 1_024 && (limit.is_power_of_two() || (limit + 1).is_power_of_two());
        (usual || limit.is_multiple_of(100)).then_some(limit)
    }

    /// Figures of a command by its name in lower case (`get`, `config|get`).
    #[must_use]
    pub fn command(&self, name: &str) -> Option<&CommandStat> {
        self.commands.iter().find(|stat| stat.name == name)
    }

    /// The version as numbers; zeros when it is not known.
    #[must_use]
    pub fn version(&self) -> (u32, u32, u32) {
        let text = self.info.text("valkey_version").or_else(|| self.info.text("redis_version")).unwrap_or_default();
        let mut parts = text.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        (next(), next(), next())
    }

    /// Seconds that the counters cover: since the start, or since `CONFIG RESETSTAT`, which leaves no trace.
    #[must_use]
    pub fn window_s(&self) -> Option<f64> {
        self.info.number("uptime_in_seconds")
    }
}

/// Figures of one command.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CommandStat {
    /// Name in lower case, a subcommand after a bar: `config|get`.
    pub name: String,
    /// Calls.
    pub calls: u64,
    /// Microseconds in all.
    pub usec: u64,
    /// Calls that were refused before they ran.
    pub rejected: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Microseconds within which half of the calls ran; none without `latency-tracking`.
    pub p50_us: Option<f64>,
    /// 99 %.
    pub p99_us: Option<f64>,
    /// 99.9 %.
    pub p999_us: Option<f64>,
}

impl CommandStat {
    /// Mean microseconds of a call.
    #[must_use]
    pub fn mean_us(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.usec as f64 / self.calls as f64 }
    }
}

/// The slow log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlowLog {
    /// Entries that the server keeps.
    pub length: u64,
    /// The newest of them.
    pub entries: Vec<SlowCommand>,
}

/// One entry of the slow log, without values.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlowCommand {
    /// The server's number of it.
    pub id: i64,
    /// When it ended, in seconds since 1970.
    pub at: i64,
    /// How long it ran, without waiting.
    pub usec: u64,
    /// Name in lower case, with its subcommand: `hgetall`, `config|get`.
    pub command: String,
    /// Name and arguments, keys as patterns, words and numbers of the command's grammar as they are, values as `?`:
    /// `LRANGE queue:* 0 -1`.
    pub shape: String,
    /// Pattern of its first key; empty when it has none.
    pub key: String,
    /// Arguments, the name counted.
    pub arguments: u64,
    /// Name that the client gave itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client: String,
}

/// An event of the latency monitor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LatencyEvent {
    /// Name: `command`, `fork`, `expire-cycle`, `aof-fsync-always`, …
    pub name: String,
    /// When it last happened, in seconds since 1970.
    pub at: i64,
    /// How long that took, in ms.
    pub last_ms: u64,
    /// The longest, in ms.
    pub max_ms: u64,
}

/// Where the node stands in replication.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Replication {
    /// The master that it follows; none for a master.
    pub master: Option<String>,
    /// Whether the link to the master is up; true for a master.
    pub link_up: bool,
    /// Seconds since the master last spoke.
    pub last_io_s: Option<f64>,
    /// Whether a full synchronisation is under way.
    pub syncing: bool,
    /// Position of this node in the stream of writes.
    pub offset: u64,
    /// Who follows it.
    pub replicas: Vec<Replica>,
    /// Bytes of the backlog; 0 when there is none.
    pub backlog_size: u64,
    /// Bytes of it that are filled.
    pub backlog_filled: u64,
}

/// A follower as its master sees it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Replica {
    /// `host:port`.
    pub address: String,
    /// `online`, `wait_bgsave`, `send_bulk`.
    pub state: String,
    /// Bytes of the stream that it has not acknowledged.
    pub behind_bytes: u64,
    /// Seconds since it last acknowledged.
    pub lag_s: Option<f64>,
}
