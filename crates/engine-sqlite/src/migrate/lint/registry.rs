//! The `migrate/` rules of SQLite: one folder each below `migrate/rules`, collected at build time.

include!(concat!(env!("OUT_DIR"), "/migrate_rules.rs"));
