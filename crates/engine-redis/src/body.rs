//! Redis' part of a snapshot: nodes with what each says of itself, the cluster, the Sentinel, a sample of the keyspace.
//!
//! No values. Names of keys appear as patterns (`user:*:name`) wherever many keys share one; the few keys that are
//! named whole (the largest, the hottest, streams) are left out, or cut to their pattern, with `--no-values`. A part
//! that could not be read is empty, and the header has a gap for its area (see [`area`]).

mod cluster;
mod info;
mod keyspace;
mod node;
mod people;

pub use cluster::{Cluster, Member, SLOTS, Sentinel, WatchedMaster};
pub use info::Info;
pub use keyspace::{
    Database, Estimate, Expiry, HotKey, Keyspace, LargeKey, Pattern, Spread, Stream, StreamGroup, Values,
};
pub use node::{CommandStat, LatencyEvent, Node, OpenSlot, Replica, Replication, Role, SlowCommand, SlowLog};
pub use people::{Acl, ClientGroup, Clients, User};
use serde::{Deserialize, Serialize};

/// Names of the areas that can have a gap; rules name them in `needs`.
pub mod area {
    /// A node that could not be visited, or not to the end.
    pub const NODES: &str = "nodes";
    /// `INFO` beyond what `INFO server` says.
    pub const INFO: &str = "info";
    /// `CONFIG GET`.
    pub const CONFIG: &str = "config";
    /// `INFO commandstats`, `latencystats`, `errorstats`.
    pub const COMMANDS: &str = "commands";
    /// `SLOWLOG GET`.
    pub const SLOWLOG: &str = "slowlog";
    /// `LATENCY LATEST`.
    pub const LATENCY: &str = "latency";
    /// `MEMORY STATS`, `MEMORY DOCTOR`.
    pub const MEMORY: &str = "memory";
    /// `CLIENT LIST`.
    pub const CLIENTS: &str = "clients";
    /// `ACL LIST`.
    pub const ACL: &str = "acl";
    /// `CLUSTER NODES`, `CLUSTER INFO`.
    pub const CLUSTER: &str = "cluster";
    /// `SENTINEL MASTERS`.
    pub const SENTINEL: &str = "sentinel";
    /// The sample of the keyspace.
    pub const KEYSPACE: &str = "keyspace";
    /// How often keys are asked for (`OBJECT FREQ`), which servers count under an LFU policy alone.
    pub const FREQUENCY: &str = "frequency";
    /// Lengths of large keys, kinds of values, groups of streams: what can't be read without being counted as an access.
    pub const CONTENTS: &str = "contents";
}

/// How the servers belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deployment {
    /// One server, with or without replicas.
    #[default]
    Standalone,
    /// A cluster.
    Cluster,
    /// A Sentinel itself: it holds no keys.
    Sentinel,
}

/// What was observed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Body {
    /// How the servers belong together.
    pub deployment: Deployment,
    /// `redis` or `valkey`.
    pub flavour: String,
    /// The nodes that were visited, the one that the URL led to first.
    pub nodes: Vec<Node>,
    /// The cluster as that node sees it; none outside of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Cluster>,
    /// What Sentinel says, when the URL leads to one or through one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentinel: Option<Sentinel>,
    /// The sample of the keyspace, projected to the whole.
    pub keyspace: Keyspace,
}

impl Body {
    /// The nodes that hold keys and take writes. When the target is a replica: that replica.
    pub fn masters(&self) -> impl Iterator<Item = &Node> {
        let any = self.nodes.iter().any(|node| node.role == Role::Master);
        self.nodes.iter().filter(move |node| node.role == Role::Master || (!any && node.role == Role::Replica))
    }

    /// The version as numbers: `7.0.15` is `(7, 0, 15)`; zeros when it is not known. Valkey counts from 7.2.
    #[must_use]
    pub fn version(&self) -> (u32, u32, u32) {
        self.nodes.first().map(Node::version).unwrap_or_default()
    }

    /// Whether the node is the only one, so that a subject needs no address.
    #[must_use]
    pub fn alone(&self) -> bool {
        self.nodes.len() < 2
    }

    /// The subject of a finding on a setting, a command or the server of one node: the plain word when there is one
    /// node, else with the node's address (`maxmemory on 10.0.0.1:6379`).
    #[must_use]
    pub fn subject(&self, node: &Node, word: &str) -> String {
        if self.alone() { word.to_owned() } else { format!("{word} on {}", node.address) }
    }
}
