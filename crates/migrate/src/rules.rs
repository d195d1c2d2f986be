//! The `migrate/` rules of `check`: one folder each below `rules/`, collected at build time. They look at what an engine
//! observed of the journal; rules on files belong to lint.

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
