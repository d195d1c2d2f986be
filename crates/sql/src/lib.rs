//! Relational schema as data, for all SQL engines: model, quoting, statement splitting, fingerprints,
//! rendering, differences, and the `sql/` rules that every SQL engine shares.
//!
//! Performs no I/O and runs no SQL; engines fill the model and carry statements out.

pub mod dialect;
pub mod diff;
pub mod excerpt;
pub mod indexing;
pub mod keywords;
pub mod lex;
pub mod model;
pub mod normal;
pub mod render;
pub mod rules;
pub mod split;
pub mod workload;

pub use dialect::Dialect;
pub use model::Catalog;
pub use normal::{fingerprint, normalised, scrub};
