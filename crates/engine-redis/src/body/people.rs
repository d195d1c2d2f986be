//! Who is connected to a node, and who may do what there.

use serde::{Deserialize, Serialize};

/// The connected clients, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Clients {
    /// How many, ourselves left out.
    pub total: u64,
    /// Those of one kind, user, name, library and database, most first, the first hundred.
    pub groups: Vec<ClientGroup>,
}

/// Clients that look the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientGroup {
    /// `normal`, `pubsub`, `replica`, `master`, `monitor` or `blocked`.
    pub kind: String,
    /// ACL user.
    pub user: String,
    /// Name that it gave itself, parts that vary as `*`.
    pub name: String,
    /// Library, when it says so.
    pub library: String,
    /// Database.
    pub database: u64,
    /// How many.
    pub count: u64,
    /// How many were idle for more than five minutes.
    pub idle: u64,
    /// Greatest age in seconds.
    pub oldest_s: u64,
    /// Bytes of output waiting, in all.
    pub output_bytes: u64,
    /// Bytes of output waiting for one of them, at most.
    pub largest_output: u64,
    /// The server's number of the client for which that waits, else of one of them, for `CLIENT KILL ID`; 0 when it is not known.
    #[serde(default)]
    pub largest_output_id: u64,
    /// Bytes of input waiting, at most of one.
    pub largest_input: u64,
    /// Bytes of memory in all, where the server tells (7.0).
    pub memory: u64,
    /// Channels and patterns that one is subscribed to, at most.
    pub subscriptions: u64,
    /// Last command of most of them.
    pub command: String,
}

impl ClientGroup {
    /// What a finding calls it: by the name that its clients gave themselves, else by kind and user.
    #[must_use]
    pub fn subject(&self) -> String {
        match self.name.as_str() {
            "" => format!("{} clients of {}", self.kind, self.user),
            name => format!("client {name}"),
        }
    }
}

/// Users and what they may do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Acl {
    /// The user that observed.
    pub whoami: String,
    /// All users.
    pub users: Vec<User>,
}

/// One user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct User {
    /// Name.
    pub name: String,
    /// Whether it may log in.
    pub on: bool,
    /// Whether any password will do.
    pub nopass: bool,
    /// How many passwords it has.
    pub passwords: u64,
    /// Key patterns (`~*`, `%R~cache:*`), as the server writes them.
    pub keys: Vec<String>,
    /// Channel patterns.
    pub channels: Vec<String>,
    /// Commands: `+@all`, `-@dangerous`, `+get`, in order.
    pub commands: Vec<String>,
    /// Selectors, as the server writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<String>,
}
