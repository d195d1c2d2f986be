//! Runs the rules of an engine over a snapshot, ranks and deduplicates what they find, applies the
//! user's configuration, and makes the report. Renders nothing and performs no I/O.
//!
//! It also defines the ports that an engine may implement for it.

pub mod config;
pub mod overlap;
pub mod port;
pub mod rank;
pub mod rehearsal;
pub mod report;
pub mod schema_file;

pub use config::{Config, Settings};
pub use port::{Checks, Compare, Outcome, Prover, SchemaLab};
pub use report::assemble;
