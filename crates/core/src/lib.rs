//! The words of dbwright as types: target, snapshot, workload, plan, rule, finding, change, proof.
//!
//! Every other crate speaks these words. This crate performs no I/O: it never connects, prints,
//! reads the environment or exits. What an engine observed travels as a [`snapshot::Snapshot`] whose
//! body belongs to that engine; everything after it (findings, proofs, reports) is common.

pub mod change;
pub mod engine;
pub mod failure;
pub mod finding;
pub mod near;
pub mod plan;
pub mod progress;
pub mod proof;
pub mod report;
pub mod rule;
pub mod scorecard;
pub mod severity;
pub mod snapshot;
pub mod target;
pub mod words;
pub mod workload;

pub use change::Change;
pub use failure::{Failure, FailureKind};
pub use finding::{Evidence, Finding, Location, NotLookedAt};
pub use proof::Proof;
pub use rule::{Cx, Rule, RuleMeta};
pub use severity::Severity;
pub use snapshot::Snapshot;
pub use target::Target;

/// A boxed future, the return type of asynchronous ports.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
