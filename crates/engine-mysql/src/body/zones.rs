//! Named time zones: whether the server knows them, and what relies on that.

use serde::{Deserialize, Serialize};

/// Named time zones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TimeZones {
    /// Whether the server knows them: its tables of time zones are loaded; none when it was not asked.
    pub loaded: Option<bool>,
    /// Views, triggers, routines and events that name some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<ZoneUser>,
}

/// What converts between named time zones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ZoneUser {
    /// `view`, `trigger`, `procedure`, `function` or `event`.
    pub kind: String,
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// The time zones.
    pub zones: Vec<String>,
}
