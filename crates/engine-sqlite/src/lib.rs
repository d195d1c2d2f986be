//! SQLite 3: how a file is opened without ever changing it, observed, checked, and copied into a lab.

pub mod body;
pub mod engine;
pub mod rules;

pub use engine::Sqlite;
