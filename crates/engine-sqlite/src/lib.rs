//! SQLite 3: how a file is opened without ever changing it, observed, checked, and copied into a lab.

mod advise;
pub mod body;
mod compare;
mod connect;
pub mod engine;
pub mod error;
mod explain;
mod header;
pub mod lab;
pub mod migrate;
mod observe;
mod path;
mod prove;
pub mod rules;
mod schema;
mod scorecard;

pub use engine::Sqlite;
