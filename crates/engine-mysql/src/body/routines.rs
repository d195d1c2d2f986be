//! What the bodies of routines and events name. The bodies themselves are not kept.

use serde::{Deserialize, Serialize};

/// A routine or event with the names in its body.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Routine {
    /// `procedure`, `function` or `event`.
    pub kind: String,
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// Tables, with their schema.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<(String, String)>,
    /// Columns, with the schema and name of their table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, String, String)>,
    /// Procedures that it calls, with their schema.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<(String, String)>,
    /// Tables that it makes, in lower case: those that it calls may use them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub makes: Vec<String>,
}
