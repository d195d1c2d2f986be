//! PostgreSQL 13–18: how it is reached, observed, checked, and run as a lab.
//!
//! Observing never writes, never takes a lock stronger than a plain `SELECT`'s, and reads no user rows.

pub mod body;
pub mod engine;
pub mod rules;

pub use engine::Postgres;
