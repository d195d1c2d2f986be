//! Plans are carried out on real servers and compared with what the plain statement does.

#[path = "plan/foreign.rs"]
mod foreign;
#[path = "plan/foreseen.rs"]
mod foreseen;
#[path = "plan/harness.rs"]
mod harness;

#[path = "plan/columns.rs"]
mod columns;
#[path = "plan/constraints.rs"]
mod constraints;
#[path = "plan/indexes.rs"]
mod indexes;
#[path = "plan/others.rs"]
mod others;
#[path = "plan/partitions.rs"]
mod partitions;
#[path = "plan/types.rs"]
mod types;
#[path = "plan/ways_back.rs"]
mod ways_back;
