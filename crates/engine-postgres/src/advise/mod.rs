//! PostgreSQL's side of the advisor: workload, what-if, candidates of its own kinds, sizes, and the copy lab.

mod logs;
pub(crate) mod measure;
mod params;
mod port;
mod propose;
mod recorded;
mod replicas;
mod sizes;
mod usage;
mod whatif;
