//! The `mysql/` rules: one folder each below `rules/`, collected at build time.

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
