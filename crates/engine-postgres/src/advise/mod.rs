//! PostgreSQL's side of the advisor: workload, what-if, candidates of its own kinds, sizes, and the copy lab.

mod logs;
mod measure;
// The what-if side calls it; until it does, only its tests do.
#[allow(dead_code, unused_imports)]
mod params;
mod port;
mod propose;
mod replicas;
mod sizes;
mod usage;
mod whatif;
