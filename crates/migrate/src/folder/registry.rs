//! The rules on a folder beside a journal: one folder each below `folder/rules`, collected at build time.

include!(concat!(env!("OUT_DIR"), "/folder_rules.rs"));
