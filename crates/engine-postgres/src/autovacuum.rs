//! When autovacuum would vacuum or analyse a table: the server's settings, and the table's own storage parameters.
//!
//! The formulas are those of the PostgreSQL documentation, "Automatic Vacuuming". Rules measure against
//! them, because a table that autovacuum has not reached yet is in a normal state.

use crate::body::{PgBody, TableStats};

/// What autovacuum would do with one table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Autovacuum {
    /// Whether it looks at the table at all.
    pub(crate) enabled: bool,
    /// Dead rows that make it vacuum the table.
    pub(crate) vacuum_at: f64,
    /// Changed rows that make it analyse the table.
    pub(crate) analyze_at: f64,
}

impl Autovacuum {
    /// For a table of a snapshot. Where settings could not be read, PostgreSQL's defaults stand in.
    pub(crate) fn of(body: &PgBody, table: &TableStats) -> Self {
        let number = |name: &str, default: f64| {
            let own = option(table, name).and_then(|value| value.parse().ok());
            let server = || body.setting(name).and_then(|setting| setting.value.parse().ok());
            own.or_else(server).unwrap_or(default)
        };
        let rows = table.reltuples.unwrap_or(0.0);
        let vacuum = number("autovacuum_vacuum_threshold", 50.0) + number("autovacuum_vacuum_scale_factor", 0.2) * rows;
        let most = number("autovacuum_vacuum_max_threshold", -1.0); // 18 and later; -1 means no limit
        let analyze =
            number("autovacuum_analyze_threshold", 50.0) + number("autovacuum_analyze_scale_factor", 0.1) * rows;
        let server_on = body.setting("autovacuum").is_none_or(|setting| setting.value != "off");
        Self {
            enabled: server_on && !disabled(table, "autovacuum_enabled"),
            vacuum_at: if most >= 0.0 { vacuum.min(most) } else { vacuum },
            analyze_at: analyze,
        }
    }
}

/// A storage parameter's value.
pub(crate) fn option<'t>(table: &'t TableStats, name: &str) -> Option<&'t str> {
    table.options.iter().find_map(|option| option.strip_prefix(name)?.strip_prefix('='))
}

/// Whether a boolean storage parameter is set to false, in any of the spellings that PostgreSQL keeps.
pub(crate) fn disabled(table: &TableStats, name: &str) -> bool {
    let Some(value) = option(table, name) else { return false };
    let value = value.to_ascii_lowercase();
    value == "0"
        || value == "of"
        || ["off", "false", "no"].iter().any(|word| !value.is_empty() && word.starts_with(&value) && value != "o")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_options(options: &[&str]) -> TableStats {
        TableStats { options: options.iter().map(|&option| option.to_owned()).collect(), ..TableStats::default() }
    }

    #[test]
    fn every_spelling_of_false_disables() {
        for value in ["false", "off", "no", "0", "f", "OFF", "n", "of"] {
            assert!(
                disabled(&with_options(&[&format!("autovacuum_enabled={value}")]), "autovacuum_enabled"),
                "{value}"
            );
        }
        for options in
            [&["autovacuum_enabled=on"][..], &["autovacuum_enabled=true"], &["toast.autovacuum_enabled=false"], &[]]
        {
            assert!(!disabled(&with_options(options), "autovacuum_enabled"), "{options:?}");
        }
    }
}
