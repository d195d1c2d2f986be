//! Variables: their values, and who set them; how fast statements are.

use serde::{Deserialize, Serialize};

/// How many statements the server ran, and how many of them in less than 100 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Latency {
    /// All of them.
    pub calls: u64,
    /// Those that took less than 100 ms.
    pub under_100ms: u64,
}

/// A global variable.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Variable {
    /// Value, as the server prints it.
    pub value: String,
    /// Where it comes from, in the server's word: `COMPILED`, `EXPLICIT`, `GLOBAL`, `SERVER`, `COMMAND_LINE`, `PERSISTED`, `DYNAMIC` (MySQL);
    /// `COMPILE-TIME`, `CONFIG`, `AUTO`, `SQL` (MariaDB). Empty when it could not be read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The file that it was set in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The value that it has when nobody sets it, where the server tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

impl Variable {
    /// Whether somebody set it, by file, command line or statement; none when the server does not tell.
    #[must_use]
    pub fn changed(&self) -> Option<bool> {
        match self.source.as_str() {
            "" => None,
            "COMPILED" | "COMPILE-TIME" | "AUTO" => Some(false),
            _ => Some(true),
        }
    }
}
