//! Where a replica gets its changes from, and how far it has come.

use serde::{Deserialize, Serialize};

/// A channel (MySQL) or connection (MariaDB) of a replica.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Channel {
    /// Name; empty for the default one.
    pub name: String,
    /// `host:port` of the source.
    pub source: String,
    /// Whether the receiver runs: `Yes`, `No`, `Connecting`.
    pub receiver: String,
    /// Whether the applier runs: `Yes` or `No`.
    pub applier: String,
    /// Seconds behind the source; none when the server can't tell.
    pub behind_s: Option<u64>,
    /// Seconds that it stays behind on purpose.
    pub delay_s: u64,
    /// Number of the receiver's last error; 0 for none. Its text may hold values.
    pub receiver_error: u64,
    /// Number of the applier's last error; 0 for none.
    pub applier_error: u64,
    /// Whether it asks its source for what it lacks by GTID, instead of by file and position.
    #[serde(default)]
    pub by_gtid: bool,
}
