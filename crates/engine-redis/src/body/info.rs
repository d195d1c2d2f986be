//! What `INFO` says, by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The fields of `INFO`'s sections, by their own names; those with a type of their own in the body are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Info(pub BTreeMap<String, String>);

impl Info {
    /// A field as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A field as a number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.trim_end_matches('%').parse().ok()
    }

    /// A field as a whole number; a negative one counts as not known.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// Whether a field is `1`, `ok`, `up` or `yes`.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self.text(name), Some("1" | "ok" | "up" | "yes"))
    }
}
