//! MySQL 8.0–9 and MariaDB 10.5 and later: how they are reached, observed and checked. One engine, two flavours.
//!
//! Observing never writes, takes no lock that a plain `SELECT` would not take, and reads no user rows.

mod accounts;
mod advise;
mod alter;
pub mod body;
mod compare;
mod connect;
mod digests;
pub mod engine;
mod error;
pub mod explain;
pub mod flavour;
mod joins;
pub mod lab;
mod lists;
pub mod migrate;
mod numbering;
mod observe;
mod prove;
pub mod rules;
mod scorecard;
mod sessions;
mod settings;
mod slowlog;
mod uses;
mod words;
mod workload;
mod zones;

pub use engine::MySql;
