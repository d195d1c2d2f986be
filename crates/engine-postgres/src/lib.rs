//! PostgreSQL 13–18: how it is reached, observed, checked, and run as a lab.
//!
//! Observing never writes, never takes a lock stronger than a plain `SELECT`'s, and reads no user rows.

mod activity;
mod advise;
mod autovacuum;
pub mod body;
mod compare;
mod connect;
pub mod ddl;
pub mod engine;
mod error;
pub mod explain;
mod hits;
pub mod lab;
pub mod migrate;
pub mod observe;
mod prove;
mod retype;
pub mod rules;
#[cfg(test)]
mod sample;
mod scorecard;
mod settings;
mod timeouts;
pub mod twin;
mod words;

pub use engine::Postgres;
